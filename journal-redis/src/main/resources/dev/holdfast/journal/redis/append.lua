-- ARGV[3..]: token, epoch, expected, count, size, batch, most bytes of a stream, most bytes of this
-- partition, channel, sender; and with an end its kind and detail.
-- Returns STORED, epoch and sequence of the tail, the epoch of the tail before, or nothing where the
-- batch had been stored already, and how much the partition holds: its bytes alone before the end.
local token, epoch, expected = ARGV[3], ARGV[4], tonumber(ARGV[5])
local count, size, kind = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[13]
local v = head()
if not v then
  return {'UNKNOWN'}
end
if v[W] == token then
  local streams, open, bytes = totals() -- It was stored, and the answer got lost.
  return {'STORED', v[L], v[N], '', text(streams), text(open), text(bytes)}
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
local last, tail, sum = v[L], v[N], 0
local grown = tonumber(v[B]) + size
if count > 0 then
  if grown > tonumber(ARGV[9]) then
    return {'TOO_LARGE'}
  end
  sum = redis.call('HINCRBY', KEYS[5], 'sum', ARGV[7])
  if sum > tonumber(ARGV[10]) then
    redis.call('HINCRBY', KEYS[5], 'sum', text(0 - size))
    return {'FULL'}
  end
  last, tail = epoch, text(sequence + count)
  redis.call('XADD', KEYS[2], tail .. '-' .. epoch, 'b', ARGV[8])
  redis.call('HINCRBY', KEYS[5], id, ARGV[7])
  if sequence == 0 and tonumber(v[T]) > 0 then
    redis.call('PEXPIRE', KEYS[2], redis.call('PTTL', KEYS[1]))
  end
end
redis.call('HSET', KEYS[1], 'n', tail, 'l', last, 'b', text(grown), 'w', token)
if kind then
  redis.call('HSET', KEYS[1], 'k', kind, 'd', ARGV[14])
  redis.call('ZREM', KEYS[4], id)
end
renew(v)
redis.call('SPUBLISH', ARGV[11], ARGV[12])
if kind then
  local streams, open, bytes = totals()
  return {'STORED', last, tail, v[L], text(streams), text(open), text(bytes)}
end
return {'STORED', last, tail, v[L], text(sum)}
