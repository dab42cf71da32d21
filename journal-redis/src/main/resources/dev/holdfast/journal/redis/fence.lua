-- ARGV[3..]: token, epoch, whether only without a lease, lease, channel, sender.
local token, epoch = ARGV[3], ARGV[4]
local v = head()
if not v then
  return {'UNKNOWN'}
end
if v[W] == token then
  return stored(v[L], v[N])
end
if tonumber(epoch) <= tonumber(v[E]) then
  return {'FENCED', v[E]}
end
local time = clock()
local deadline = redis.call('ZSCORE', KEYS[4], id)
if ARGV[5] == '1' and deadline and tonumber(deadline) > time then
  return {'FENCED', v[E]}
end
redis.call('HSET', KEYS[1], 'e', epoch, 'w', token)
if not v[KIND] then
  redis.call('ZADD', KEYS[4], text(time + tonumber(ARGV[6])), id)
end
redis.call('SPUBLISH', ARGV[7], ARGV[8])
return stored(v[L], v[N])
