import Foresight
import Model

/// One read of the client model, clipped to the file.
struct ClientRead: Sendable {
    /// Position in the list of files.
    var file: Int
    var facts: FileFacts
    var range: Range<Int64>
    var reader: Reader
    /// Nanoseconds.
    var at: Int64
    /// Bytes per block, and the blocks that hold any byte of the range.
    var unit: Int
    var blocks: Range<Int>
}

/// What a method would like to have fetched.
struct Wish: Sendable, Equatable {
    /// Position in the list of files.
    var file: Int
    var range: Range<Int64>
    /// Tells it from others in what the method hears of it; not 0.
    var number: UInt64
    /// What waits to be fetched ahead is fetched in this order.
    var schedule = PrefetchSchedule()
}

struct ClientPlan: Sendable {
    var wishes: [Wish] = []
    /// Numbers of wishes that became pointless.
    var cancelled: [UInt64] = []
}

/// When a plan is carried out that follows from the first read of a file.
enum PlanStart: Sendable {
    case atOnce
    /// Half a round trip after the share has opened the file.
    case opened
    /// When the read is answered.
    case answered
}

/// A way of reading ahead, in the client model.
protocol ClientMethod: Sendable {
    /// Bytes per block of a file: what is fetched and cached as one.
    func unit(of facts: FileFacts) -> Int

    /// The first event of all comes.
    mutating func began(at now: Int64) -> ClientPlan
    mutating func opened(_ facts: FileFacts, _ reader: Reader, at now: Int64) -> ClientPlan
    mutating func closed(_ facts: FileFacts, _ reader: Reader, at now: Int64)

    /// - Parameters:
    ///   - outcomes: one per block; `firstUse` also for what is still on its way.
    ///   - isThere: whether a block of this file is there or on its way.
    mutating func read(
        _ read: ClientRead, outcomes: [PageCache.Outcome], isThere: (Int) -> Bool
    ) -> ClientPlan

    /// When what follows from a read is fetched that opens its file on the share.
    func start(after read: ClientRead) -> PlanStart
    /// Bytes of one request for what is fetched ahead, at most.
    var requestMax: Int64 { get }
    /// Bytes that may be on their way ahead of readers at once; asked once a second.
    var bytesAheadMax: Int { get }

    /// What is known of the link by now; told once a second where it changes.
    mutating func measured(_ link: LinkState)

    /// Bytes of whole blocks that a read itself had to ask the share for.
    mutating func missed(bytes: Int64)
    mutating func issued(_ number: UInt64, bytes: Int64)
    mutating func arrived(_ number: UInt64, at now: Int64)
    mutating func evicted(_ facts: FileFacts, _ range: Range<Int64>)
}

extension ClientMethod {
    /// The kernel's pages.
    func unit(of facts: FileFacts) -> Int { Int(PageCache.pageSize) }

    mutating func began(at now: Int64) -> ClientPlan { ClientPlan() }
    mutating func opened(_ facts: FileFacts, _ reader: Reader, at now: Int64) -> ClientPlan {
        ClientPlan()
    }
    mutating func closed(_ facts: FileFacts, _ reader: Reader, at now: Int64) {}
    func start(after read: ClientRead) -> PlanStart { .atOnce }
    var requestMax: Int64 { ClientSimulation.requestMax }
    var bytesAheadMax: Int { .max }
    mutating func measured(_ link: LinkState) {}
    mutating func missed(bytes: Int64) {}
    mutating func issued(_ number: UInt64, bytes: Int64) {}
    mutating func arrived(_ number: UInt64, at now: Int64) {}
    mutating func evicted(_ facts: FileFacts, _ range: Range<Int64>) {}
}
