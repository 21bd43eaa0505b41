-- The book of memory.rs in Redis: one sorted set of points, each with the moment of its release.
-- KEYS: the set, and a hash of what the API told and who waits.
-- ARGV: what to do, now in ms ('' = this Redis' own clock), limit, window, step, reserve, name of a new
-- book, then by what to do. Points in flight are released as if their answer were lost.
local points, notes = KEYS[1], KEYS[2]
local what, now = ARGV[1], tonumber(ARGV[2])
local limit, window, step = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local reserve = tonumber(ARGV[6])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
local function whole(number) return string.format('%.0f', number) end

redis.call('HSETNX', notes, 'book', ARGV[7])
local gone = redis.call('ZREMRANGEBYSCORE', points, '-inf', whole(now))
local released = redis.call('HINCRBY', notes, 'released', gone)
local noted = redis.call('HMGET', notes, 'book', 'left', 'reserve', 'foreign', 'at', 'reset', 'others', 'wait0', 'wait1')
local book = noted[1]
local told = nil
if noted[7] then
  told = { left = tonumber(noted[2]), reserve = tonumber(noted[3]), foreign = tonumber(noted[4]),
    at = tonumber(noted[5]), reset = tonumber(noted[6]), others = tonumber(noted[7]) }
  told.ends = told.reset
  if told.others > now then told.ends = math.max(told.reset, told.at + 5000) end
end
-- A book that nobody uses goes when nothing in it can be held any more.
redis.call('PEXPIRE', points, whole(window * 3 + 60000))
redis.call('PEXPIRE', notes, whole(window * 3 + 60000))

local function uncounted() return redis.call('ZCOUNT', points, '(' .. whole(now + window + step), '+inf') end
local function keep(id, cost, ms)
  local at = whole(math.ceil((now + ms) / step) * step)
  for part = 1, cost do redis.call('ZADD', points, at, id .. ':' .. part) end
  redis.call('PEXPIRE', points, whole(window * 3 + 60000))
end

if what == 'take' then
  local id, cost, rank, lost_ms = ARGV[8], tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
  -- Whoever waits says so until a little after it asks again.
  local function refuse(wait)
    wait = math.max(wait, step)
    if rank < 2 and wait <= tonumber(ARGV[12]) then
      redis.call('HSET', notes, 'wait' .. rank, whole(now + wait + 5 * step))
    end
    return { 0, wait, 0, book }
  end
  for before = 0, rank - 1 do
    local mark = noted[8 + before] and tonumber(noted[8 + before]) or 0
    if mark > now then return refuse(mark - 5 * step - now) end
  end
  local function kept(some) if rank == 0 then return 0 end return some end
  local foreign, left, left_kept = 0, 1000000000, 0
  if told and told.ends > now then
    left = told.left
    if told.others > now then foreign, left_kept = told.foreign, told.reserve end
  elseif told and told.others > now and uncounted() > 0 then
    return refuse(step)
  end
  local over = redis.call('ZCARD', points) + foreign + cost - math.max(limit - kept(reserve), 0)
  if over > 0 then
    local last = redis.call('ZRANGE', points, over - 1, over - 1, 'WITHSCORES')
    local wait = window
    if last[2] then wait = math.min(tonumber(last[2]) - now, window) end
    if foreign > 0 then wait = math.min(wait, math.max(told.ends - now, 0)) end
    return refuse(wait)
  end
  if told then
    if left < cost + kept(left_kept) then return refuse(told.ends - now) end
    redis.call('HSET', notes, 'left', whole(math.max(told.left - cost, 0)))
  end
  if rank < 2 then redis.call('HDEL', notes, 'wait' .. rank) end
  keep(id, cost, lost_ms)
  return { 1, now, released, book }
end

if what == 'end' then
  -- How long it stays held; below 0 = nothing was sent.
  local id, cost, hold = ARGV[8], tonumber(ARGV[9]), tonumber(ARGV[10])
  local sent_at, sent_released = tonumber(ARGV[11]), tonumber(ARGV[12])
  if ARGV[13] ~= '' then
    local limit_told, remaining, reset_in = tonumber(ARGV[13]), tonumber(ARGV[14]), tonumber(ARGV[15])
    -- What was answered before the API's window began is not counted there; both times are told in seconds.
    local began = sent_at + math.max(math.min(reset_in, window) - 2000, 0)
    local ours = redis.call('ZCARD', points) - redis.call('ZCOUNT', points, '-inf', '(' .. whole(began))
    if began <= now then ours = ours + released - math.min(sent_released, released) end
    local most = math.min(limit_told, limit)
    local foreign = math.max(math.max(most - remaining, 0) - ours, 0)
    local others = told and told.others or 0
    if foreign > 0 then others = now + 5 * window end
    local left = 1000000000
    if others > now then
      left = math.max(remaining - math.max(uncounted() - cost, 0), 0)
    elseif remaining == 0 then
      left = 0
    end
    local reset = now + math.min(reset_in, window)
    if told and sent_at < told.at and math.abs(reset - told.reset) < 2000 then
      left = math.min(left, told.left)
      foreign = math.max(foreign, told.foreign)
    end
    redis.call('HSET', notes, 'left', whole(left), 'reserve', math.min(20, math.floor(most / 4)), 'foreign', whole(foreign),
      'at', whole(now), 'reset', whole(reset), 'others', whole(others))
  end
  if hold >= 0 then
    keep(id, cost, hold)
  else
    for part = 1, cost do redis.call('ZREM', points, id .. ':' .. part) end
    if told then redis.call('HINCRBY', notes, 'left', cost) end
  end
  return { 1, now, released, book }
end

-- 'add': points that this Redis does not know, as triples of name, cost and time until the release.
for index = 8, #ARGV, 3 do keep(ARGV[index], tonumber(ARGV[index + 1]), tonumber(ARGV[index + 2])) end
return { 1, now, released, book }
