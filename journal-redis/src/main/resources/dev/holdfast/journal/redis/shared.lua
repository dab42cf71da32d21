-- Common to the scripts of what gateways share. Times are of this server's clock, in milliseconds.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local DAY, MINUTE = 86400000, 60000

-- Lua would write a large number with an exponent.
local function text(number)
  return string.format('%.0f', number)
end

-- What a key has used. KEYS[1]: levels of the buckets; KEYS[2]: open requests by the end of their
-- lease; KEYS[3]: what each has reserved, as TOKENS:DAY.
local day = math.floor(now / DAY)
local use = {}
local function load()
  local v = redis.call('HMGET', KEYS[1], 'rl', 'ra', 'tl', 'ta', 'd', 't')
  use.requests, use.requestsAt = tonumber(v[1]), tonumber(v[2])
  use.tokens, use.tokensAt = tonumber(v[3]), tonumber(v[4])
  use.day, use.today = tonumber(v[5]) or day, tonumber(v[6]) or 0
  if use.day ~= day then
    use.day, use.today = day, 0
  end
end

local function save()
  local fields = {'d', text(use.day), 't', text(use.today)}
  if use.requests then
    fields[5], fields[6], fields[7], fields[8] =
        'rl', string.format('%.6f', use.requests), 'ra', text(use.requestsAt)
  end
  if use.tokens then
    local n = #fields
    fields[n + 1], fields[n + 2], fields[n + 3], fields[n + 4] =
        'tl', string.format('%.6f', use.tokens), 'ta', text(use.tokensAt)
  end
  redis.call('HSET', KEYS[1], unpack(fields))
  for i = 1, 3 do
    redis.call('PEXPIRE', KEYS[i], text(2 * DAY))
  end
end

-- Replaces what was reserved by what was used. Without a reservation only that is counted.
local function replace(id, used)
  local held = redis.call('HGET', KEYS[3], id)
  local reserved, reservedDay = 0, day
  if held then
    local colon = string.find(held, ':', 1, true)
    reserved, reservedDay =
        tonumber(string.sub(held, 1, colon - 1)), tonumber(string.sub(held, colon + 1))
    redis.call('HDEL', KEYS[3], id)
    redis.call('ZREM', KEYS[2], id)
  end
  if use.tokens then
    use.tokens = use.tokens + reserved - used
  end
  if reservedDay == day then
    use.today = math.max(0, use.today + used - reserved)
  end
end

-- Gives back what dead gateways had reserved.
local function purge()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', text(now), 'LIMIT', 0, 200)) do
    replace(id, 0)
  end
end

-- Reserves the tokens of a request and its place.
local function reserve(id, tokens, lease)
  if use.tokens then
    use.tokens = use.tokens - tokens
  end
  use.today = use.today + tokens
  redis.call('ZADD', KEYS[2], text(now + lease), id)
  redis.call('HSET', KEYS[3], id, text(tokens) .. ':' .. text(day))
end
