-- KEYS[4]: the identity. ARGV: stream, how: OPEN, ANSWERING, KEPT or DROPPED; lease, how long it is
-- kept.
local there = redis.call('HGET', KEYS[4], 's')
if there and there ~= ARGV[1] then
  return {'OTHER'}
end
if ARGV[2] == 'DROPPED' then
  redis.call('DEL', KEYS[4])
elseif there or ARGV[2] ~= 'ANSWERING' then
  local busy = ARGV[2] == 'ANSWERING' and '1' or '0'
  local over = ARGV[2] == 'KEPT' and '1' or '0'
  redis.call('HSET', KEYS[4], 's', ARGV[1], 'b', busy, 'd', text(now + tonumber(ARGV[3])),
      'o', over)
  redis.call('PEXPIRE', KEYS[4], ARGV[4])
end
return {'CLAIMED'}
