-- ARGV[3..]: channel, sender, token of a creation that may arrive after this, or empty.
local v = head()
if v then
  remove(id, KEYS[1], KEYS[2])
  redis.call('SPUBLISH', ARGV[3], ARGV[4])
end
if ARGV[5] ~= '' then
  redis.call('HSET', KEYS[1], 'w', ARGV[5])
  redis.call('PEXPIRE', KEYS[1], text(GRACE))
end
if not v then
  return {'UNKNOWN'}
end
return stored(v[L], v[N])
