-- KEYS[1]: which upstream wrote what, as a stream; KEYS[2]: how upstreams fare. ARGV: the last id
-- that was read, how many are kept, channel, sender, what a full budget has, how many origins, then
-- each as state and upstream; then upstreams as name, tenths, circuit (1 open, 0 closed, or empty)
-- and wait.
local last, most, full, count =
    ARGV[1], ARGV[2], tonumber(ARGV[5]), tonumber(ARGV[6])
local changed = count > 0
local keep = text(7 * DAY)
local news = redis.call('XRANGE', KEYS[1], '(' .. last, '+', 'COUNT', 5000)
local at = 7
for _ = 1, count do
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', most, '*', 's', ARGV[at], 'u', ARGV[at + 1],
      'f', ARGV[4])
  at = at + 2
end
if changed then
  redis.call('PEXPIRE', KEYS[1], keep)
end
local reply = {}
while at <= #ARGV do
  local name, tenths, circuit, wait =
      ARGV[at], tonumber(ARGV[at + 1]), ARGV[at + 2], tonumber(ARGV[at + 3])
  local v = redis.call('HMGET', KEYS[2], name .. ':b', name .. ':o', name .. ':u', name .. ':v')
  local budget = tonumber(v[1]) or full
  local open, till, version = v[2] == '1', tonumber(v[3]) or 0, tonumber(v[4]) or 0
  if tenths ~= 0 then
    budget = math.max(0, math.min(full, budget + tenths))
    redis.call('HSET', KEYS[2], name .. ':b', text(budget))
  end
  if circuit ~= '' then
    till = circuit == '1' and now + wait or 0
    open, version = circuit == '1', version + 1
    redis.call('HSET', KEYS[2], name .. ':o', circuit, name .. ':u', text(till),
        name .. ':v', text(version))
    changed = true
  end
  if tenths ~= 0 or circuit ~= '' then
    redis.call('PEXPIRE', KEYS[2], keep)
  end
  reply[#reply + 1] = name
  reply[#reply + 1] = text(budget)
  reply[#reply + 1] = open and '1' or '0'
  reply[#reply + 1] = text(math.max(0, till - now))
  reply[#reply + 1] = text(version)
  at = at + 4
end
if changed then
  redis.call('SPUBLISH', ARGV[3], ARGV[4])
end
local answer = {last, text(#reply / 5)}
for i = 1, #reply do
  answer[#answer + 1] = reply[i]
end
for _, entry in ipairs(news) do
  answer[1] = entry[1]
  local f = entry[2]
  if f[6] ~= ARGV[4] then
    answer[#answer + 1] = f[2]
    answer[#answer + 1] = f[4]
  end
end
return answer
