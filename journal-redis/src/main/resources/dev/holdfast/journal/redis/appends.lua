end

-- Several appends, of which none depends on another. KEYS: five of each. ARGV: of each the number of
-- its arguments, then those. Returns the answer of each; ERROR and a message where it failed.
local answers, from = {}, 1
for i = 1, #KEYS / 5 do
  local count = tonumber(ARGV[from])
  local stored, answer =
    pcall(one, {unpack(KEYS, i * 5 - 4, i * 5)}, {unpack(ARGV, from + 1, from + count)})
  if not stored then
    answer = {'ERROR', type(answer) == 'table' and answer.err or tostring(answer)}
  end
  answers[i] = answer
  from = from + count + 1
end
return answers
