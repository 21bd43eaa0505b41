-- ARGV: till, px, member, from, and to, which is missing when the record goes.
if value_of(redis.call('GET', KEYS[4])) ~= ARGV[8] then return {count, 0} end
if ARGV[9] then
  keep(KEYS[4], ARGV[7], ARGV[9], ARGV[5], ARGV[6])
else
  redis.call('DEL', KEYS[4])
  redis.call('ZREM', KEYS[2], ARGV[7])
  redis.call('ZREM', KEYS[3], ARGV[7])
end
return {counted(), 1}
