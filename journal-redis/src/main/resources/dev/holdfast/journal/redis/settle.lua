-- KEYS[4]: the mark that it was settled, for when an answer is lost. ARGV: reservation, tokens that
-- were used. They count where the reservation has run out, too.
if redis.call('SET', KEYS[4], '1', 'NX', 'PX', 300000) then
  load()
  replace(ARGV[1], tonumber(ARGV[2]))
  save()
end
return {'SETTLED'}
