-- ARGV[2]: prefix of heads; ARGV[3]: lease; then ids and epochs. Returns the ids that are
-- lost; with '-' before it, one that has ended.
local deadline = text(clock() + tonumber(ARGV[3]))
local lost = {}
for i = 4, #ARGV, 2 do
  local v = redis.call('HMGET', ARGV[2] .. ARGV[i], 'e', 'k')
  if v[1] == ARGV[i + 1] and not v[2] then
    redis.call('ZADD', KEYS[4], deadline, ARGV[i])
  elseif v[1] == ARGV[i + 1] then
    lost[#lost + 1] = '-' .. ARGV[i]
  else
    lost[#lost + 1] = ARGV[i]
  end
end
return lost
