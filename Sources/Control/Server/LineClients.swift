/// Who has a place at a ``LineServer``, and who has to make room for whom. Pure: told the time, closes nothing itself.
///
/// A newcomer always gets a place. When all are taken, a client of the user with the most places loses its own, so that
/// neither the owner's connections keep root out nor root's the owner; of that user's the one whose last sign of life is
/// the longest ago. A sign of life is to come, or to have taken an answer to its end: who is silent, drips, or does not
/// read gives none.
///
/// Sockets are closed when the last reference to them goes, which for those let go here is at once.
struct LineClients<Socket: Sendable>: Sendable {
    /// Stands for a client; never given twice.
    typealias ID = UInt64

    struct Client: Sendable {
        let socket: Socket
        let userID: UInt32
        var connection: LineConnection
        /// Position in the order of signs of life. No time: many come within one tick of a clock.
        fileprivate(set) var lastSign: UInt64
    }

    let clientsMax: Int
    /// Bytes kept for all clients together.
    let bytesMax: Int
    private var clients: [ID: Client] = [:]
    private var lastID: ID = 0
    private var lastSign: UInt64 = 0

    init(clientsMax: Int, bytesMax: Int) {
        self.clientsMax = clientsMax
        self.bytesMax = bytesMax
    }

    var count: Int { clients.count }
    var ids: [ID] { clients.keys.sorted() }
    var heldBytes: Int { clients.values.reduce(0) { $0 + $1.connection.heldBytes } }
    /// When the first client's time is up.
    var firstClosesAt: Duration? { clients.values.map(\.connection.closesAt).min() }

    subscript(id: ID) -> Client? { clients[id] }

    /// Gives a place, somebody else's if need be.
    mutating func admit(_ socket: Socket, userID: UInt32, _ connection: LineConnection) -> ID {
        while clients.count >= clientsMax, let victim = longestSilent(besides: userID) {
            clients[victim] = nil
        }
        lastID += 1
        let sign = nextSign()
        clients[lastID] = Client(
            socket: socket, userID: userID, connection: connection, lastSign: sign)
        return lastID
    }

    /// Lets one client go for the sake of its descriptor. - Returns: false when there is none.
    mutating func giveUpOne() -> Bool {
        guard let victim = longestSilent(besides: nil) else { return false }
        clients[victim] = nil
        return true
    }

    /// Takes a client out, to be changed and put back; who is not put back is let go.
    mutating func take(_ id: ID) -> Client? { clients.removeValue(forKey: id) }

    /// - Parameter gaveSign: it has taken an answer to its end.
    mutating func putBack(_ client: Client, _ id: ID, gaveSign: Bool) {
        clients[id] = client
        guard gaveSign else { return }
        let sign = nextSign()
        clients[id]?.lastSign = sign
    }

    /// Lets clients whose time is up go.
    mutating func removeExpired(now: Duration) {
        clients = clients.filter { $0.value.connection.closesAt > now }
    }

    /// Lets those go for whom most is kept, until the bound is kept.
    ///
    /// - Parameter id: stays: what is kept for one client is bounded by itself.
    mutating func trim(keeping id: ID) {
        while heldBytes > bytesMax {
            let others = clients.filter { $0.key != id && $0.value.connection.heldBytes > 0 }
            let largest = others.max { one, other in
                let (less, more) = (one.value, other.value)
                return (less.connection.heldBytes, more.lastSign)
                    < (more.connection.heldBytes, less.lastSign)
            }
            guard let largest else { return }
            clients[largest.key] = nil
        }
    }

    mutating func removeAll() {
        clients = [:]
    }

    private mutating func nextSign() -> UInt64 {
        lastSign += 1
        return lastSign
    }

    /// - Parameter newcomer: whose, counts as one more of that user's places.
    private func longestSilent(besides newcomer: UInt32?) -> ID? {
        var places: [UInt32: Int] = [:]
        for client in clients.values { places[client.userID, default: 0] += 1 }
        if let newcomer, places[newcomer] != nil { places[newcomer, default: 0] += 1 }
        let most = places.values.max() ?? 0
        return clients.filter { places[$0.value.userID] == most }
            .min { $0.value.lastSign < $1.value.lastSign }?.key
    }
}
