-- Tries every command that the other scripts call, on keys that it removes again. KEYS: of four
-- kinds. ARGV: channel, sender. Returns the commands that are refused.
local refused = {}
local function try(command, ...)
  local answer = redis.pcall(command, ...)
  if type(answer) == 'table' and answer.err then
    refused[#refused + 1] = command
  end
end

local mark, hash, set, stream = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
try('TIME')
try('SET', mark, '1', 'NX', 'PX', 1000)
try('PTTL', mark)
try('HSET', hash, 'a', '1')
try('HGET', hash, 'a')
try('HMGET', hash, 'a', 'b')
try('HINCRBY', hash, 'a', '1')
try('PEXPIRE', hash, '1000')
try('HDEL', hash, 'a')
try('ZADD', set, '1', 'a')
try('ZSCORE', set, 'a')
try('ZCARD', set)
try('ZCOUNT', set, '-inf', '+inf')
try('ZRANGE', set, '0', '-1')
try('ZRANGEBYSCORE', set, '-inf', '+inf')
try('ZREM', set, 'a')
try('XADD', stream, '*', 'a', '1')
try('XRANGE', stream, '-', '+', 'COUNT', '1')
try('UNLINK', stream)
try('DEL', mark)
try('SPUBLISH', ARGV[1], ARGV[2])
return refused
