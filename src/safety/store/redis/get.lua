return {count, value_of(redis.call('GET', KEYS[4]))}
