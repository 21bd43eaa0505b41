-- ARGV: till, px, member, value.
local there = value_of(redis.call('GET', KEYS[4]))
if there then return {count, there} end
keep(KEYS[4], ARGV[7], ARGV[8], ARGV[5], ARGV[6])
return {counted(), false}
