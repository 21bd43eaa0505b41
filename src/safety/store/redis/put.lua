-- ARGV: till, px, then member and value of each record.
for number = 4, #KEYS do
  local at = 7 + (number - 4) * 2
  keep(KEYS[number], ARGV[at], ARGV[at + 1], ARGV[5], ARGV[6])
end
return {counted(), false}
