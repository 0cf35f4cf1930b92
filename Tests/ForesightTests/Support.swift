import Model

@testable import Foresight

let kibibyte: Int64 = 1 << 10
let mebibyte: Int64 = 1 << 20

/// Feeds a predictor, and says of each request at once that it was fetched and has come.
struct Feeder {
    var foresight: Foresight
    var now = Duration.zero
    var issued: [PrefetchRequest] = []
    var cancelled: [PrefetchRequest] = []

    init(
        windowMax: Int64 = 32 * mebibyte, budget: Int64 = 256 * mebibyte, unit: Int = 64 << 10,
        strategy: Strategy? = .balanced, link: LinkState? = nil,
        predictors: PredictorSet = .all
    ) {
        foresight = Foresight(
            Foresight.Configuration(
                strategy: strategy, windowMax: ByteCount(windowMax), budget: ByteCount(budget),
                unit: unit, predictors: predictors))
        foresight.setLink(link ?? LinkState(roundTrip: .milliseconds(8), bandwidth: 100e6))
    }

    static func reader(_ handle: UInt64 = 1, program: String = "player", process: Int32 = 1)
        -> Reader
    {
        Reader(userID: 0, processID: process, handle: handle, program: program)
    }

    @discardableResult
    mutating func read(
        _ start: Int64, _ length: Int64, file: UInt64 = 1, size: Int64 = 1 << 30,
        chunk: Int = 1 << 20, handle: UInt64 = 1, after: Duration = .zero, isWarm: Bool = false,
        among neighbours: some Neighbourhood = NoNeighbourhood()
    ) -> [PrefetchRequest] {
        now += after
        let plan = foresight.read(
            ReadEvent(
                file: FileNumber(file), fileSize: size, chunkSize: chunk,
                range: start..<min(size, start + length), reader: Self.reader(handle), at: now,
                isWarm: isWarm),
            among: neighbours)
        return carryOut(plan)
    }

    @discardableResult
    mutating func open(
        _ facts: FileFacts, program: String = "player", process: Int32 = 1, after: Duration = .zero,
        among neighbours: some Neighbourhood
    ) -> [PrefetchRequest] {
        now += after
        let event = OpenEvent(
            file: facts, reader: Self.reader(program: program, process: process), at: now)
        return carryOut(foresight.opened(event, among: neighbours))
    }

    mutating func close(_ facts: FileFacts) {
        foresight.closed(facts.number, reader: Self.reader(), at: now)
    }

    private mutating func carryOut(_ plan: PrefetchPlan) -> [PrefetchRequest] {
        for request in plan.requests {
            foresight.issued(request.number, bytes: Int64(request.range.count))
            foresight.arrived(request.number, at: now)
        }
        issued += plan.requests
        cancelled += plan.cancellations
        return plan.requests
    }

    var bytesIssued: Int64 { issued.reduce(0) { $0 + Int64($1.range.count) } }
}

/// One folder of files, listed as they are given.
struct OneFolder: Neighbourhood {
    var files: [FileFacts]

    init(_ names: [String], size: Int64, folder: UInt64 = 9) {
        // Files of several folders have numbers of their own.
        let first = 100 + (folder - 9) * 1900
        files = names.enumerated().map { place, name in
            let rules = ContentRules.usual
            let type = rules.type(of: RelativePath(["folder", Name(name)]), size: size)
            return FileFacts(
                number: FileNumber(first + UInt64(place)), folder: FolderNumber(folder), name: name,
                size: size, chunkSize: rules.chunkSize(of: type), contentType: type)
        }
    }

    func files(of folder: FolderNumber, filesMax: Int) -> FolderSnapshot? {
        FolderSnapshot(number: folder, files: files)
    }

    func folder(after folder: FolderNumber, byName: Bool) -> FolderNumber? { nil }
}

/// Two folders, of which nobody knows which comes after which.
struct TwoFolders: Neighbourhood {
    var first: OneFolder
    var second: OneFolder

    func files(of folder: FolderNumber, filesMax: Int) -> FolderSnapshot? {
        let files = folder == first.files.first?.folder ? first.files : second.files
        return FolderSnapshot(number: folder, files: files)
    }

    func folder(after folder: FolderNumber, byName: Bool) -> FolderNumber? { nil }
}
