-- Before every script: the state must be the one that the asker knows, and no older than it has seen.
-- KEYS: tide, index, ends, then the records. ARGV: generation, count, now, sweep, then the script's own.
local tide = redis.call('HMGET', KEYS[1], 'generation', 'count')
local count = tonumber(tide[2] or '0')
if tide[1] ~= ARGV[1] or count < tonumber(ARGV[2]) then return {-1, false} end

-- The value of a record that has not passed.
local function value_of(stored)
  if not stored then return false end
  local cut = string.find(stored, ' ', 1, true)
  local till = string.sub(stored, 1, cut - 1)
  if till ~= 'never' and tonumber(till) <= tonumber(ARGV[3]) then return false end
  return string.sub(stored, cut + 1)
end

-- Writes a record. Redis forgets it some time after it has passed by the asker's clock.
local function keep(key, member, value, till, px)
  if till == 'never' then
    redis.call('SET', key, 'never ' .. value)
    redis.call('ZADD', KEYS[3], '+inf', member)
  else
    redis.call('SET', key, till .. ' ' .. value, 'PX', px)
    redis.call('ZADD', KEYS[3], till, member)
  end
  redis.call('ZADD', KEYS[2], 0, member)
end

-- Counts a write, and takes a few that passed long ago out of the index.
local function counted()
  local over = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', ARGV[4], 'LIMIT', 0, 32)
  if #over > 0 then
    redis.call('ZREM', KEYS[2], unpack(over))
    redis.call('ZREM', KEYS[3], unpack(over))
  end
  return redis.call('HINCRBY', KEYS[1], 'count', 1)
end

