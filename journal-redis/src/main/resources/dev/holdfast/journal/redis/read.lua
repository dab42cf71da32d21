-- ARGV[3..]: epoch and sequence to read after, most bytes; -1 for no entries.
local epoch, sequence, most = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local v = head()
if not v then
  return {'UNKNOWN'}
end
if sequence > tonumber(v[N]) then
  return {'WRONG_OFFSET'}
end
local from = text(sequence + 1) .. '-0'
if sequence > 0 then
  -- The batch that holds the entry before the offset has its epoch in its id.
  local before = redis.call('XRANGE', KEYS[2], text(sequence) .. '-0', '+', 'COUNT', '1')[1]
  if not before then
    return {'DAMAGED'}
  end
  local last, written = string.match(before[1], '^(%d+)-(%d+)$')
  if written ~= epoch then
    return {'WRONG_OFFSET'}
  end
  if tonumber(last) > sequence then
    from = before[1]
  end
end
local page = {'PAGE', v[L], v[N], v[KIND] or '', v[DETAIL] or '', v[X]}
local size = 0
while most >= 0 and size <= most do
  local chunk = redis.call('XRANGE', KEYS[2], from, '+', 'COUNT', '8')
  if #chunk == 0 then
    break
  end
  for _, found in ipairs(chunk) do
    local batch = found[2][2]
    if size > 0 and size + #batch > most then
      return page
    end
    size = size + #batch
    page[#page + 1] = found[1]
    page[#page + 1] = batch
    from = '(' .. found[1]
  end
end
return page
