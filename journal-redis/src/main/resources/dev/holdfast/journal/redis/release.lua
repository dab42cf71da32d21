-- ARGV[3]: epoch of the owner. From now on any process may take the stream over.
local v = head()
if v and v[E] == ARGV[3] and not v[KIND] then
  redis.call('ZADD', KEYS[4], '0', id)
end
return {'RELEASED'}
