public import Model

import CLinux
import Glibc

/// Lets the calling thread do something in somebody else's name, so that the file system decides what he may do.
///
/// Per thread, and never across an `await`. Only root can; for a daemon of an ordinary user everything is that user's.
public enum ThreadIdentity {
    /// Whether this process may act for others at all.
    public static let canChange = geteuid() == 0
    public static let ownUserID: UInt32 = geteuid()
    public static let ownGroupID: UInt32 = getegid()

    private static let permitted: UInt64 = {
        var bits: UInt64 = 0
        return larder_permitted_capabilities(&bits) == 0 ? bits : 0
    }()
    private static let ownGroups: [UInt32] = {
        let count = getgroups(0, nil)
        guard count > 0 else { return [] }
        var groups = [gid_t](repeating: 0, count: Int(count))
        return getgroups(count, &groups) == count ? groups : []
    }()

    /// Runs `body` with the thread's file-system uid and gid, supplementary groups and effective capabilities being those
    /// of `credentials`: what that user may not do fails as it would for him.
    ///
    /// - Parameter umask: for what is made; nil: the thread's own.
    /// - Throws: `EPERM` before `body` runs where the identity cannot be taken, and what `body` throws.
    public static func act<Value: ~Copyable>(
        as credentials: Credentials, umask: UInt32?, _ body: () throws(Errno) -> Value
    ) throws(Errno) -> Value {
        guard canChange, larder_detach_credentials() == 0 else { throw .notPermitted }
        let previousMask = umask.map { Glibc.umask(mode_t($0)) }
        defer {
            if let previousMask { _ = Glibc.umask(previousMask) }
            resume()
        }
        // Capabilities last: they allow the rest.
        guard
            larder_set_thread_groups(
                credentials.supplementaryGroups, credentials.supplementaryGroups.count) == 0,
            larder_set_thread_ids(credentials.userID, credentials.groupID) == 0,
            larder_set_thread_capabilities(credentials.capabilities) == 0
        else { throw .notPermitted }
        return try body()
    }

    /// Runs `body`, which makes a file, so that the file belongs to `userID` and `groupID`. Capabilities are kept: whether
    /// it may be made was decided before.
    ///
    /// - Parameter umask: nil: the thread's own.
    public static func make<Value, Failure: Error>(
        for userID: UInt32, _ groupID: UInt32, umask: UInt32?,
        _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        // Where a thread cannot have a umask of its own, that of all threads stays as it is.
        let mask = larder_detach_credentials() == 0 ? umask : nil
        let previousMask = mask.map { Glibc.umask(mode_t($0)) }
        if canChange { _ = larder_set_thread_ids(userID, groupID) }
        defer {
            if canChange { resumeIDs() }
            if let previousMask { _ = Glibc.umask(previousMask) }
        }
        return try body()
    }

    private static func resume() {
        // A thread that kept somebody's identity would do the next one's work with it.
        guard larder_set_thread_capabilities(permitted) == 0,
            larder_set_thread_groups(ownGroups, ownGroups.count) == 0
        else { fatalError("a thread cannot take its own groups and capabilities back") }
        resumeIDs()
    }

    private static func resumeIDs() {
        guard larder_set_thread_ids(ownUserID, ownGroupID) == 0 else {
            fatalError("a thread cannot take its own identity back")
        }
    }
}
