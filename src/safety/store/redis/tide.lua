-- Meets the state: for the first time, or after it was found to be another one, or older, than it was.
-- KEYS: tide, lost, index and ends of the switch, the switch.
-- ARGV: the generation that the asker knew or nothing, a new one, the switch turned off, its member.
local tide = redis.call('HMGET', KEYS[1], 'generation', 'count')
local there, count = tide[1], tonumber(tide[2] or '0')
if ARGV[1] == '' then
  if not there then
    redis.call('HSET', KEYS[1], 'generation', ARGV[2], 'count', 0)
    return {0, ARGV[2], 0}
  end
  return {0, there, count}
end
-- Somebody has noticed that loss before.
if there and redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then return {0, there, count} end
redis.call('SADD', KEYS[2], ARGV[1])
if there then redis.call('SADD', KEYS[2], there) end
redis.call('HSET', KEYS[1], 'generation', ARGV[2], 'count', count)
if redis.call('EXISTS', KEYS[5]) == 0 then
  redis.call('SET', KEYS[5], 'never ' .. ARGV[3])
  redis.call('ZADD', KEYS[3], 0, ARGV[4])
  redis.call('ZADD', KEYS[4], '+inf', ARGV[4])
end
return {1, ARGV[2], count}
