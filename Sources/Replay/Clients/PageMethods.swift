import Foresight

/// Fetches what is asked for and nothing else, page by page.
struct ClientNone: ClientMethod {
    mutating func read(
        _ read: ClientRead, outcomes: [PageCache.Outcome], isThere: (Int) -> Bool
    ) -> ClientPlan { ClientPlan() }
}

/// Fetches the next bytes after every read that misses or uses what was fetched ahead.
struct ClientNext: ClientMethod {
    let bytes: Int64

    mutating func read(
        _ read: ClientRead, outcomes: [PageCache.Outcome], isThere: (Int) -> Bool
    ) -> ClientPlan {
        guard outcomes.contains(where: { $0 != .hit }) else { return ClientPlan() }
        let goal = min(read.range.upperBound + bytes, read.facts.size)
        guard goal > read.range.upperBound else { return ClientPlan() }
        return ClientPlan(
            wishes: [Wish(file: read.file, range: read.range.upperBound..<goal, number: 1)])
    }
}

/// Linux's readahead over the share, one ``LinuxWindow`` per open handle.
struct ClientLinux: ClientMethod {
    private let windowMax: Int
    private var windows: [UInt64: LinuxWindow] = [:]

    /// - Parameter bytes: the largest window (`read_ahead_kb`).
    init(bytes: Int64) {
        windowMax = Int(bytes / PageCache.pageSize)
    }

    mutating func closed(_ facts: FileFacts, _ reader: Reader, at now: Int64) {
        windows[reader.handle] = nil
    }

    mutating func read(
        _ read: ClientRead, outcomes: [PageCache.Outcome], isThere: (Int) -> Bool
    ) -> ClientPlan {
        var window = windows[read.reader.handle] ?? LinuxWindow(windowMax: windowMax)
        var fetched: [Range<Int>] = []
        window.serve(read.blocks, outcomes: outcomes, &fetched) { fetched, page in
            isThere(page) || fetched.contains { $0.contains(page) }
        } fetch: { fetched, pages in
            fetched.append(pages)
        }
        windows[read.reader.handle] = window
        let page = PageCache.pageSize
        return ClientPlan(
            wishes: fetched.compactMap { pages in
                let range = (Int64(pages.lowerBound) * page..<Int64(pages.upperBound) * page)
                    .clamped(to: 0..<read.facts.size)
                return range.isEmpty ? nil : Wish(file: read.file, range: range, number: 1)
            })
    }
}

/// Leap over the share, one ``LeapStream`` per open handle.
struct ClientLeap: ClientMethod {
    private let grain: LeapStream.Grain
    private let windowMax: Int
    private var streams: [UInt64: LeapStream] = [:]

    init(_ grain: LeapStream.Grain, windowMax: Int) {
        self.grain = grain
        self.windowMax = windowMax
    }

    mutating func closed(_ facts: FileFacts, _ reader: Reader, at now: Int64) {
        streams[reader.handle] = nil
    }

    mutating func read(
        _ read: ClientRead, outcomes: [PageCache.Outcome], isThere: (Int) -> Bool
    ) -> ClientPlan {
        let wanted = streams[read.reader.handle, default: LeapStream(grain, windowMax: windowMax)]
            .serve(read.range, outcomes: outcomes, fileSize: read.facts.size)
        return ClientPlan(wishes: wanted.map { Wish(file: read.file, range: $0, number: 1) })
    }
}
