-- ARGV: from, to, how many members, beginning of the keys.
local members = redis.call('ZRANGEBYLEX', KEYS[2], ARGV[5], ARGV[6], 'LIMIT', 0, ARGV[7])
local found = {}
for _, member in ipairs(members) do
  local value = value_of(redis.call('GET', ARGV[8] .. member))
  if value then
    found[#found + 1] = member
    found[#found + 1] = value
  end
end
return {count, {#members, members[#members] or '', found}}
