-- ARGV[3..]: prefix of heads, prefix of entries, prefix of channels, sender.
local gone = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', text(now), 'LIMIT', '0', '500')
for _, stream in ipairs(gone) do
  remove(stream, ARGV[3] .. stream, ARGV[4] .. stream)
  redis.call('SPUBLISH', ARGV[5] .. stream, ARGV[6])
end
local streams, open, bytes = totals()
return {text(#gone), text(streams), text(open), text(bytes), unpack(gone)}
