//! Where each setting stands, for whoever looks at a configuration as a whole.

use super::{Config, Source};

impl Config {
    /// Every setting by name, with where its value stands; never the value, which may hold a secret.
    pub fn sources(&self) -> Vec<(&'static str, &Source)> {
        macro_rules! named {
            ($($name:ident),* $(,)?) => {{
                // A setting that is new and not named here does not compile.
                let Self { $($name),* } = self;
                vec![$((stringify!($name), &$name.source)),*]
            }};
        }
        named!(
            base_url,
            api_key_env,
            shop_domain,
            v1,
            allow,
            read_only,
            confirm,
            max_recipients,
            max_destroyed,
            max_released,
            max_money_orders,
            money_per_day,
            repeat_window_seconds,
            personal_data,
            state,
            audit_rotate_bytes,
            auth,
            tokens_file,
            max_concurrent_calls,
            max_requests_per_minute,
            surface,
            toolsets,
            tools,
            exclude_tools,
            registry,
            cache_dir,
            points_limit,
            points_window_seconds,
            download_hosts,
            max_download_bytes,
            allowed_hosts,
            allowed_origins,
            event_stream,
            docs_writes,
            metrics,
            otlp_endpoint,
            log,
            log_format,
        )
    }
}
