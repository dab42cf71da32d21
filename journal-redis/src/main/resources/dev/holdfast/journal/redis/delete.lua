-- ARGV[3..]: channel, sender.
local v = head()
if not v then
  return {'UNKNOWN'}
end
remove(id, KEYS[1], KEYS[2])
redis.call('SPUBLISH', ARGV[3], ARGV[4])
return stored(v[L], v[N])
