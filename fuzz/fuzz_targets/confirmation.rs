#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| stoq_mcp::fuzzing::confirmation(data));
