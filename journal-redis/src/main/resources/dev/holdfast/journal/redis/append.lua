-- ARGV[3..]: token, epoch, expected, count, size, batch, most bytes of a stream, bytes elsewhere,
-- most bytes, kind of the end or empty, detail of the end, channel, sender.
local token, epoch, expected = ARGV[3], ARGV[4], tonumber(ARGV[5])
local count, size, batch = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
local v = head()
if not v then
  return {'UNKNOWN'}
end
if v[W] == token then
  return stored(v[L], v[N]) -- It was stored, and the answer got lost.
end
if v[E] ~= epoch then
  return {'FENCED', v[E]}
end
if v[KIND] then
  return {'ENDED'}
end
local sequence = tonumber(v[N])
if expected >= 0 and expected ~= sequence then
  return {'WRONG_SEQUENCE', v[N]}
end
if count > 0 then
  if tonumber(v[B]) + size > tonumber(ARGV[9]) then
    return {'TOO_LARGE'}
  end
  local sum = tonumber(redis.call('HGET', KEYS[5], 'sum') or '0')
  if sum + size + tonumber(ARGV[10]) > tonumber(ARGV[11]) then
    return {'FULL'}
  end
end
local last, tail = v[L], text(sequence + count)
if count > 0 then
  redis.call('XADD', KEYS[2], tail .. '-' .. epoch, 'b', batch)
  redis.call('HINCRBY', KEYS[5], id, text(size))
  redis.call('HINCRBY', KEYS[5], 'sum', text(size))
  last = epoch
  if sequence == 0 and tonumber(v[T]) > 0 and v[S] ~= '1' then
    redis.call('PEXPIRE', KEYS[2], redis.call('PTTL', KEYS[1]))
  end
end
redis.call('HSET', KEYS[1], 'n', tail, 'l', last, 'b', text(tonumber(v[B]) + size), 'w', token)
if ARGV[12] ~= '' then
  redis.call('HSET', KEYS[1], 'k', ARGV[12], 'd', ARGV[13])
  redis.call('ZREM', KEYS[4], id)
end
renew(v)
redis.call('SPUBLISH', ARGV[14], ARGV[15])
local reply = stored(last, tail)
reply[7] = v[L]
return reply
