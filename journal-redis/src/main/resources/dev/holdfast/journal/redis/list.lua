-- ARGV[3]: which streams: all, open, or orphans, whose lease has run out.
local found
if ARGV[3] == 'all' then
  return redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. text(now), '+inf')
elseif ARGV[3] == 'open' then
  found = redis.call('ZRANGE', KEYS[4], '0', '-1')
else
  found = redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', text(clock()))
end
local ids = {}
for _, stream in ipairs(found) do
  local expires = redis.call('ZSCORE', KEYS[3], stream)
  if expires and (expires == 'inf' or tonumber(expires) > now) then
    ids[#ids + 1] = stream
  end
end
return ids
