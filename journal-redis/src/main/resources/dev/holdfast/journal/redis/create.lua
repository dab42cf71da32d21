-- ARGV[3..]: token, epoch, ttl, sliding, metadata, streams elsewhere, most streams, bytes
-- elsewhere, most bytes, lease; count, size and batch of the first entries, most bytes of a stream.
local token, epoch, ttl, sliding, metadata = ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6], ARGV[7]
local v = head()
if v then
  -- It was stored, and the answer got lost. Another process may have taken the stream over since.
  if v[W] == token or redis.call('HGET', KEYS[1], 'q') == token then
    return stored(v[L], v[N])
  end
  return {'EXISTS'}
end
if redis.call('HGET', KEYS[1], 'w') == token then
  return {'UNKNOWN'} -- It was given up and deleted, and arrives late.
end
local count, size, batch = ARGV[13], tonumber(ARGV[14]), ARGV[15]
if size > tonumber(ARGV[16]) then
  return {'TOO_LARGE'}
end
local streams, open, bytes = totals()
if streams + tonumber(ARGV[8]) >= tonumber(ARGV[9])
    or bytes + #metadata + size + tonumber(ARGV[10]) > tonumber(ARGV[11]) then
  return {'FULL'}
end
remove(id, KEYS[1], KEYS[2])
local expires = 0
if ttl > 0 then
  expires = now + ttl
end
local last = '0'
if count ~= '0' then
  last = epoch
  redis.call('XADD', KEYS[2], count .. '-' .. epoch, 'b', batch)
end
redis.call('HSET', KEYS[1], 'e', epoch, 'n', count, 'l', last, 'b', text(size), 'c', text(now),
    'x', text(expires), 't', text(ttl), 's', sliding, 'm', metadata, 'w', token, 'q', token)
expiry(ttl, KEYS[1], KEYS[2])
redis.call('ZADD', KEYS[3], ttl > 0 and text(expires) or '+inf', id)
redis.call('ZADD', KEYS[4], text(clock() + tonumber(ARGV[12])), id)
redis.call('HSET', KEYS[5], id, text(#metadata + size))
redis.call('HINCRBY', KEYS[5], 'sum', text(#metadata + size))
return stored(last, count)
