-- KEYS[4]: the identity of the request. ARGV: lease, reservation or empty, tokens, requests a
-- minute, open requests, tokens a minute, tokens a day, whether forced, stream or empty, stream
-- that is not to be received, how long the identity is kept, whether it takes the place of one that
-- is open.
local lease, id, tokens = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local perMinute, open = tonumber(ARGV[4]), tonumber(ARGV[5])
local tokensPerMinute, perDay = tonumber(ARGV[6]), tonumber(ARGV[7])
local stream, replaced = ARGV[9], ''
if stream ~= '' then
  local c = redis.call('HMGET', KEYS[4], 's', 'b', 'd', 'r', 'o')
  if c[1] == stream then
    replaced = c[4] or '' -- It was let in, and the answer got lost.
  elseif c[1] and ARGV[12] == '1' and c[5] ~= '1' then
    replaced = c[1]
  elseif c[1] and c[1] ~= ARGV[10] and (c[2] ~= '1' or tonumber(c[3]) <= now) then
    return {'JOINS', c[1]}
  end
end

local function refill(level, at, most)
  if not level then
    return most
  end
  return math.min(most, level + math.max(0, now - at) * most / MINUTE)
end

local function refused(limit, allowed, wait)
  save()
  return {'REFUSED', limit, text(allowed), text(math.ceil(wait))}
end

if id ~= '' then
  load()
  if not redis.call('HGET', KEYS[3], id) then
    purge()
    if perMinute > 0 then
      use.requests, use.requestsAt = refill(use.requests, use.requestsAt, perMinute), now
    end
    if tokensPerMinute > 0 then
      use.tokens, use.tokensAt = refill(use.tokens, use.tokensAt, tokensPerMinute), now
    end
    if ARGV[8] ~= '1' then
      if open > 0 and redis.call('ZCARD', KEYS[2]) >= open then
        return refused('concurrentStreams', open, 1000)
      end
      if perMinute > 0 and use.requests < 1 then
        return refused('requestsPerMinute', perMinute, (1 - use.requests) * MINUTE / perMinute)
      end
      if tokens > 0 and perDay > 0 and use.today + tokens > perDay then
        return refused('tokensPerDay', perDay, DAY - now % DAY)
      end
      -- A request that is larger than the bucket passes when the bucket is full.
      local wanted = math.min(tokens, tokensPerMinute)
      if tokens > 0 and tokensPerMinute > 0 and use.tokens < wanted then
        return refused(
            'tokensPerMinute', tokensPerMinute,
            (wanted - use.tokens) * MINUTE / tokensPerMinute)
      end
      if perMinute > 0 then
        use.requests = use.requests - 1
      end
    end
    reserve(id, tokens, lease)
    save()
  end
end
if stream ~= '' then
  redis.call('HSET', KEYS[4], 's', stream, 'b', '0', 'd', text(now + lease), 'r', replaced,
      'o', '0')
  redis.call('PEXPIRE', KEYS[4], ARGV[11])
end
return {'ADMITTED', replaced}
