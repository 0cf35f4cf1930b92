import Model
import Synchronization

/// Descriptors of the share that are kept for users of the view: no one of them gets all that the process may have.
///
/// Every file that is open for writing, every lock and every file that lost its name while it was open has one.
final class DescriptorBudget: Sendable {
    /// One descriptor, until it is let go.
    final class Lease: Sendable {
        private let budget: DescriptorBudget
        private let user: UInt32

        fileprivate init(_ budget: DescriptorBudget, _ user: UInt32) {
            self.budget = budget
            self.user = user
        }

        deinit {
            budget.giveBack(user)
        }
    }

    private struct State: Sendable {
        var total = 0
        var users: [UInt32: Int] = [:]
    }

    /// For the process itself: folders and files of the share, objects of the cache, sockets.
    static let reserve = 2560
    /// Of what is left, what one user may have: a quarter.
    static let usersAtLeast = 4

    private let totalMax: Int
    private let userMax: Int
    /// Root, and who runs the daemon: they can end it anyway.
    private let owner: UInt32
    private let state = Mutex(State())

    /// - Parameter limit: of the process, in descriptors.
    init(limit: Int, owner: UInt32) {
        totalMax = max(limit / 2, limit - Self.reserve)
        userMax = max(1, totalMax / Self.usersAtLeast)
        self.owner = owner
    }

    /// - Returns: nil where this user has what one user may have, or all have all there is.
    func lease(for user: UInt32) -> Lease? {
        state.withLock { state in
            let isOwner = user == 0 || user == owner
            guard state.total < totalMax, isOwner || state.users[user, default: 0] < userMax else {
                return nil
            }
            state.total += 1
            state.users[user, default: 0] += 1
            return Lease(self, user)
        }
    }

    private func giveBack(_ user: UInt32) {
        state.withLock { state in
            state.total -= 1
            let left = state.users[user, default: 1] - 1
            state.users[user] = left == 0 ? nil : left
        }
    }
}
