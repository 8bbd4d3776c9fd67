SELECT DISTINCT host FROM advertisers_hosts
