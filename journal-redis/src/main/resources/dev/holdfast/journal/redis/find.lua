local v = head()
if not v then
  return {'UNKNOWN'}
end
local more = redis.call('HMGET', KEYS[1], 'c', 'm')
return {'FOUND', v[E], v[L], v[N], v[B], more[1], v[X], v[KIND] or '', v[DETAIL] or '', more[2]}
