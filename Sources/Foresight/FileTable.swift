/// The files that were read or are about to be, at most ``filesMax``; the least recently used goes first.
struct FileTable: Sendable {
    let filesMax: Int
    private var places: [FileNumber: Int] = [:]
    private var tracks: [FileTrack] = []
    private var free: [Int] = []
    private var stamp: UInt64 = 0

    init(filesMax: Int) {
        self.filesMax = filesMax
    }

    subscript(place: Int) -> FileTrack {
        // Not `_read`: the compiler reads a field of what is yielded after it has freed it (AddressSanitizer, Swift 6.3).
        get { tracks[place] }
        _modify { yield &tracks[place] }
    }

    func place(of file: FileNumber) -> Int? { places[file] }

    /// The place of a file, new or known.
    mutating func touch(_ file: FileNumber, size: Int64, chunkSize: Int) -> Int {
        stamp += 1
        if let place = places[file] {
            tracks[place].stamp = stamp
            tracks[place].size = size
            return place
        }
        if places.count >= filesMax { forgetOldest() }
        var track = FileTrack(number: file, size: size, chunkSize: chunkSize)
        track.stamp = stamp
        if let place = free.popLast() {
            tracks[place] = track
            places[file] = place
            return place
        }
        tracks.append(track)
        places[file] = tracks.count - 1
        return tracks.count - 1
    }

    mutating func remove(_ file: FileNumber) {
        guard let place = places.removeValue(forKey: file) else { return }
        tracks[place] = FileTrack(number: FileNumber(0), size: 0, chunkSize: 1)
        free.append(place)
    }

    /// An eighth at once, so that the search for the oldest is paid for by many files.
    private mutating func forgetOldest() {
        let stamps = places.values.map { tracks[$0].stamp }.sorted()
        let limit = stamps[stamps.count / 8]
        for (file, place) in places where tracks[place].stamp <= limit { remove(file) }
    }

    var all: some Sequence<FileTrack> { places.values.lazy.map { tracks[$0] } }
}
