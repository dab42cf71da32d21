-- Common to all scripts of streams except appends.
-- Leases are measured by this server's clock: the clocks of the gateways may differ.
local function clock()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function stored(epoch, sequence)
  local streams, open, bytes = totals()
  return {'STORED', epoch, sequence, text(streams), text(open), text(bytes)}
end

local function remove(stream, headKey, entriesKey)
  local size = tonumber(redis.call('HGET', KEYS[5], stream) or '0')
  redis.call('UNLINK', headKey, entriesKey)
  redis.call('ZREM', KEYS[3], stream)
  redis.call('ZREM', KEYS[4], stream)
  redis.call('HDEL', KEYS[5], stream)
  redis.call('HINCRBY', KEYS[5], 'sum', text(0 - size))
end

