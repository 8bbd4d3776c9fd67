-- Shares, and Wilson's bounds of the sample's: z = 1.96.
WITH shares AS (
  SELECT *, CAST(mapped AS DOUBLE) / users AS rate,
         CAST(sample_mapped AS DOUBLE) / nullif(sample_users, 0) AS sample_rate
  FROM counts
),
parts AS (
  SELECT *, 3.8416e0 / sample_users AS z2,
         1.96e0 * sqrt(sample_rate * (1 - sample_rate) / sample_users
                       + 3.8416e0 / (4e0 * sample_users * sample_users)) AS half
  FROM shares
)
SELECT party_a, party_b, users, mapped, rate, sample_users, sample_mapped, sample_rate,
       greatest((sample_rate + z2 / 2 - half) / (1 + z2), 0e0) AS lower,
       least((sample_rate + z2 / 2 + half) / (1 + z2), 1e0) AS upper
FROM parts
