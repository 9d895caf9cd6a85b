"""The rules of a job scheduler that rests on a lock on Redis: the answers to its exercises."""


def acquire(client, key, owner, ttl):
    """Try once to get the lock `key` for `ttl` ms, under the name `owner`; whether it was got."""
    return bool(client.set(key, owner, nx=True, px=ttl))


def renew(client, key, owner, ttl):
    """Let the lock last for `ttl` ms from now on, if it is still the owner's; whether it was."""
    script = """
        if redis.call('GET', KEYS[1]) == ARGV[1] then
            return redis.call('PEXPIRE', KEYS[1], ARGV[2])
        end"""
    return bool(client.eval(script, 1, key, owner, ttl))


def release(client, key, owner):
    """End the lock, if it is still the owner's; whether it was."""
    script = """
        if redis.call('GET', KEYS[1]) == ARGV[1] then
            return redis.call('DEL', KEYS[1])
        end"""
    return bool(client.eval(script, 1, key, owner))


def held_until(until, asked, answered, answer, ttl, margin):
    """Until when one may act by a lock, after an attempt to get or to renew it."""
    if answer is None:
        return until
    return asked + ttl - margin if answer else 0


def lead(now, until, epoch, assigned, jobs, last):
    """What whoever believes to be the leader does now."""
    if now >= until or last == "refused":
        return ("stop",)
    for job in range(1, jobs + 1):
        if job not in assigned:
            return ("assign", job, epoch)
    return ("wait",)


def admit(newest, assigned, job, epoch):
    """(what a database says to an assignment, the newest epoch that it knows afterwards)."""
    if epoch < newest:
        return "refused", newest
    return "duplicate" if job in assigned else "accepted", epoch


RIGHT = {
    "acquire": acquire, "renew": renew, "release": release, "held_until": held_until, "lead": lead,
    "admit": admit,
}  # fmt: skip
