-- Common to all scripts of streams. KEYS: head, entries, ids, open, bytes, all in the slot of one
-- partition.
-- ARGV[1]: the time in milliseconds; ARGV[2]: the stream's id.
local now = tonumber(ARGV[1])
local id = ARGV[2]

-- Lua would write a large number with an exponent.
local function text(number)
  return string.format('%.0f', number)
end

-- The fields of the head; nil for a stream that is not there, or has expired.
local E, N, L, KIND, X, B, W, T, S, DETAIL = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
local function head()
  local v = redis.call('HMGET', KEYS[1], 'e', 'n', 'l', 'k', 'x', 'b', 'w', 't', 's', 'd')
  if not v[E] then
    return nil
  end
  local expires = tonumber(v[X])
  if expires > 0 and expires <= now then
    return nil
  end
  return v
end

-- How much the partition holds.
local function totals()
  local streams = redis.call('ZCOUNT', KEYS[3], '(' .. text(now), '+inf')
  local open = redis.call('ZCARD', KEYS[4])
  local bytes = tonumber(redis.call('HGET', KEYS[5], 'sum') or '0')
  return streams, open, bytes
end

-- Redis removes the keys later than the stream expires: until then the sizes are counted back.
local GRACE = 60000
local function expiry(ttl, headKey, entriesKey)
  if ttl > 0 then
    redis.call('PEXPIRE', headKey, text(ttl + GRACE))
    redis.call('PEXPIRE', entriesKey, text(ttl + GRACE))
  end
end

-- Begins the time to live of a sliding stream anew, once a thousandth of it has passed.
local function renew(v)
  local ttl = tonumber(v[T])
  if ttl > 0 and v[S] == '1' and (now + ttl - tonumber(v[X])) * 1000 >= ttl then
    redis.call('HSET', KEYS[1], 'x', text(now + ttl))
    redis.call('ZADD', KEYS[3], text(now + ttl), id)
    expiry(ttl, KEYS[1], KEYS[2])
  end
end

