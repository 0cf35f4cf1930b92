import Model
import Share
import Synchronization

/// Questions about extended attributes under way, and who waits for each: single flight.
///
/// As many as the share's queues take.
final class AttributeFlights: Sendable {
    typealias Completion = @Sendable (Result<[UInt8], Errno>) -> Void

    struct Key: Hashable, Sendable {
        var node: NodeID
        var question: AttributeKnowledge.Question
        /// The node's change time as it was known: of what has changed since nothing is learned.
        var changed: Timestamp?
    }

    private struct Flight: Sendable {
        var waiters: [Completion]
        var ticket: ShareScheduler.Ticket?
        var isWanted: Bool
    }

    private let flights = Mutex<[Key: Flight]>([:])

    /// - Parameter isWanted: somebody waits for it now.
    /// - Returns: whether the caller has to ask; else what is to be moved to the front.
    func join(
        _ key: Key, isWanted: Bool, _ completion: @escaping Completion
    ) -> (isFirst: Bool, promoted: ShareScheduler.Ticket?) {
        flights.withLock { flights in
            guard let flight = flights[key] else {
                flights[key] = Flight(waiters: [completion], isWanted: isWanted)
                return (true, nil)
            }
            flights[key]?.waiters.append(completion)
            flights[key]?.isWanted = isWanted || flight.isWanted
            return (false, isWanted && !flight.isWanted ? flight.ticket : nil)
        }
    }

    /// The question is in the share's queue. - Returns: what is to be moved to the front.
    func asked(_ key: Key, _ ticket: ShareScheduler.Ticket?) -> ShareScheduler.Ticket? {
        flights.withLock { flights in
            flights[key]?.ticket = ticket
            return flights[key]?.isWanted == true ? ticket : nil
        }
    }

    /// The share has answered. - Returns: who is to be told.
    func ended(_ key: Key) -> [Completion] {
        flights.withLock { $0.removeValue(forKey: key)?.waiters ?? [] }
    }
}
