-- ARGV: reservation, tokens that were used. They count where the reservation has run out, too.
load()
replace(ARGV[1], tonumber(ARGV[2]))
save()
return {'SETTLED'}
