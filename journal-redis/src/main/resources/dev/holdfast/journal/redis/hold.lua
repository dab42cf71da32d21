-- ARGV: lease, how many reservations, then each with its tokens; then streams, the identity of
-- each is KEYS[4] and so on, and how long each is kept.
local lease, count = tonumber(ARGV[1]), tonumber(ARGV[2])
if count > 0 then
  load()
  for i = 3, 2 + 2 * count, 2 do
    if redis.call('HGET', KEYS[3], ARGV[i]) then
      redis.call('ZADD', KEYS[2], text(now + lease), ARGV[i])
    else
      -- This gateway slept through its lease, and the request is still open.
      reserve(ARGV[i], tonumber(ARGV[i + 1]), lease)
    end
  end
  purge()
  save()
end
local at = 3 + 2 * count
for i = 4, #KEYS do
  if redis.call('HGET', KEYS[i], 's') == ARGV[at] then
    redis.call('HSET', KEYS[i], 'd', text(now + lease))
    redis.call('PEXPIRE', KEYS[i], ARGV[at + 1])
  end
  at = at + 2
end
return {'HELD'}
