import Model

/// For how long something that the share said may be believed.
struct FreshnessRules: Sendable {
    var consistency: Consistency
    /// Older than this, an answer is given and revalidated behind the reader's back.
    var propagationDelay: Duration
    /// Older than this, it is revalidated first. The start of the dynamic TTL.
    var attributeTTL: Duration
    /// In a view that several users share: owner and mode that are older decide nothing, for whoever asks; they are
    /// revalidated first. nil in a view of one user's own.
    var rightsLifetime: Duration?

    static let ttlMin = Duration.seconds(60)
    static let ttlMax = Duration.seconds(604_800)
    /// What the kernel may believe at least, so that one `ls -l` does not ask for each file many times.
    static let kernelTimeoutMin = 1.0

    func state(of validity: Validity, at now: Duration) -> Validity.State {
        // Nothing is fresh that is known to have changed since.
        if consistency == .strict || validity.ttl == .zero { return .expired }
        let age = now - validity.since
        if age <= propagationDelay { return .fresh }
        return age <= validity.ttl ? .aging : .expired
    }

    /// As ``state(of:at:)``, of attributes: by these the kernel decides who may do what.
    func attributesState(of validity: Validity, at now: Duration) -> Validity.State {
        if let rightsLifetime, now - validity.since > rightsLifetime { return .expired }
        return state(of: validity, at: now)
    }

    /// Seconds for which the kernel may answer by itself, and decide by what it was told.
    func kernelTimeout(of validity: Validity, at now: Duration) -> Double {
        let timeout = absenceTimeout(of: validity, at: now)
        guard let rightsLifetime else { return timeout }
        return min(timeout, max(0, (rightsLifetime - (now - validity.since)) / .seconds(1)))
    }

    /// Seconds for which the kernel may believe that there is no such name, which gives nobody a right.
    func absenceTimeout(of validity: Validity, at now: Duration) -> Double {
        guard consistency == .eventual else { return 0 }
        return max(Self.kernelTimeoutMin, (propagationDelay - (now - validity.since)) / .seconds(1))
    }

    func initial(at now: Duration) -> Validity { Validity(since: now, ttl: attributeTTL) }

    /// Dynamic TTL: doubles while a thing is found unchanged, halves when it changed; never more often than
    /// once per propagation delay, so that many looks in a row do not add up.
    func renewed(_ validity: Validity, changed: Bool, at now: Duration) -> Validity {
        guard changed || now - validity.since > propagationDelay else {
            return Validity(since: now, ttl: validity.ttl)
        }
        let ttl = changed ? validity.ttl / 2 : validity.ttl * 2
        return Validity(since: now, ttl: min(Self.ttlMax, max(Self.ttlMin, ttl)))
    }
}

/// When something was last confirmed by the share, and its time to live.
struct Validity: Sendable, Hashable {
    enum State: Sendable {
        /// Answer.
        case fresh
        /// Answer, and revalidate behind the reader's back.
        case aging
        /// Ask first; answer from the cache only if the share cannot be reached.
        case expired
    }

    /// Monotonic; negative for what was confirmed before this process started.
    var since: Duration
    /// Zero for what is known to have changed since.
    var ttl: Duration
}
