-- ARGV[2]: prefix of heads; ARGV[3]: lease; then ids and epochs. Returns the ids that are
-- lost; with '-' before it, one that has ended. A lease that was released counts as lost: its
-- renewal was on its way for longer.
local deadline = text(clock() + tonumber(ARGV[3]))
local lost = {}
for i = 4, #ARGV, 2 do
  local v = redis.call('HMGET', ARGV[2] .. ARGV[i], 'e', 'k')
  local own = v[1] == ARGV[i + 1]
  if own and v[2] then
    lost[#lost + 1] = '-' .. ARGV[i]
  elseif own and tonumber(redis.call('ZSCORE', KEYS[4], ARGV[i]) or '1') > 0 then
    redis.call('ZADD', KEYS[4], deadline, ARGV[i])
  else
    lost[#lost + 1] = ARGV[i]
  end
end
return lost
