import Glibc
import Model
import TestSupport
import Testing

extension IntegrationTests {
    /// A listing is whole, whatever else is done to the view or to the share while it is read, fetched or stored.
    @Suite struct ListingTests {
        private let area = Area.current
        private let share: String

        init() throws { share = try area.makeDirectory("share") }

        private func makeFolder(_ name: String, files: Int) throws -> Set<String> {
            try Calls.makeDirectory("\(share)/\(name)")
            let names = (0..<files).map { "file \($0)" }
            for file in names { try TestLibrary.file("\(share)/\(name)/\(file)", [1]) }
            return Set(names)
        }

        private func names(_ path: String) throws -> [String] {
            try Calls.names(path).map { String(decoding: $0, as: UTF8.self) }
        }

        /// What is known of a folder may be forgotten at any time; who has it open reads it to its end.
        @Test(arguments: ["eventual", "strict"])
        func aFolderThatIsOpenIsReadToItsEnd(consistency: String) throws {
            let truth = try makeFolder("folder", files: 3_000)
            let view = try RunningView(
                area, share: share, RunningView.Options(consistency: consistency))
            let found = try view.guarded("read", within: 60) { () throws -> [[String]] in
                let stream = try #require(opendir("\(view.path)/folder"))
                defer { closedir(stream) }
                var found: [[String]] = []
                // From the beginning, then from the beginning again.
                for _ in 0..<2 {
                    var names: [String] = []
                    while let entry = readdir(stream) {
                        let name = withUnsafePointer(to: &entry.pointee.d_name) {
                            String(
                                cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
                        }
                        if name != ".", name != ".." { names.append(name) }
                        #expect(entry.pointee.d_ino != 0)
                        if names.count == 10 { try view.evict() }
                    }
                    found.append(names)
                    rewinddir(stream)
                }
                return found
            }
            for names in found {
                #expect(names.count == truth.count)
                #expect(Set(names) == truth)
            }
            try view.stop()
        }

        /// The kernel keeps a listing for all who read the folder: who has read half of one does not go on in another.
        @Test(arguments: ["eventual", "strict"])
        func whoHasReadHalfOfAListingGoesOnInIt(consistency: String) throws {
            let before = try makeFolder("folder", files: 2_000)
            let view = try RunningView(
                area, share: share, RunningView.Options(consistency: consistency))
            let folder = "\(view.path)/folder"
            let (found, gone) = try view.guarded("read", within: 60) {
                () throws -> ([String], Set<String>) in
                // So that the kernel has all of it.
                #expect(try names(folder).count == before.count)
                let stream = try #require(opendir(folder))
                defer { closedir(stream) }
                var found = next(10, of: stream)
                // What others do meanwhile moves all that is behind.
                let gone = Set(found.filter { !$0.hasPrefix(".") }.prefix(3))
                for name in gone { try Calls.unlink("\(share)/folder/\(name)") }
                try view.evict()
                for _ in 0..<3 { #expect(try names(folder).count == before.count - gone.count) }
                found += next(.max, of: stream)
                return (found.filter { !$0.hasPrefix(".") }, gone)
            }
            #expect(gone.count == 3)
            #expect(found.count == before.count)
            #expect(before.subtracting(found).isEmpty)
            try view.stop()
        }

        private func next(_ count: Int, of stream: OpaquePointer) -> [String] {
            var found: [String] = []
            while found.count < count, let entry = readdir(stream) {
                found.append(
                    withUnsafePointer(to: &entry.pointee.d_name) {
                        String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
                    })
            }
            return found
        }

        /// Neither of another folder, nor of one that is being listed, or lies above it: it goes by its descriptor.
        @Test(arguments: ["eventual", "strict"])
        func renamesDoNotDisturbListings(consistency: String) throws {
            let truth = try makeFolder("elsewhere", files: 5)
            try Calls.makeDirectory("\(share)/moving")
            let inside = try makeFolder("moving/inside", files: 5)
            // Slow enough that there is always a rename under way.
            let nas = try RunningSlowShare(area, directory: share, roundTrip: "2ms")
            let view = try RunningView(
                area, share: nas.path, RunningView.Options(consistency: consistency))
            let folder = try view.guarded("open") {
                // O_PATH
                open("\(view.path)/moving/inside", 0o10_000_000 | O_DIRECTORY)
            }
            #expect(folder >= 0)
            let renames = TestThreads(1) { threads, _ in
                while !threads.isStopping {
                    try Calls.rename("\(view.path)/moving", to: "\(view.path)/moved")
                    try Calls.rename("\(view.path)/moved", to: "\(view.path)/moving")
                }
            }
            for _ in 0..<TestRun.scaled(5) {
                try view.evict()
                let (other, own) = try view.guarded("list", within: 60) {
                    (
                        try names("\(view.path)/elsewhere"),
                        try names("/proc/self/fd/\(folder)/.")
                    )
                }
                #expect(Set(other) == truth)
                #expect(Set(own) == inside)
            }
            renames.stop()
            try renames.join()
            close(folder)
            try view.stop()
        }

        /// While the folder is asked for, put together, and stored; and what is stored is what is shown after a remount.
        @Test(arguments: ["eventual", "strict"])
        func whatChangesWhileAFolderIsListedBelongsToIt(consistency: String) throws {
            let rounds = TestRun.scaled(12)
            for round in 0..<rounds { _ = try makeFolder("folder \(round)", files: 40) }
            let view = try RunningView(
                area, share: share, RunningView.Options(consistency: consistency))
            for round in 0..<rounds {
                let path = "\(view.path)/folder \(round)"
                let listing = TestThreads(2) { threads, _ in
                    while !threads.isStopping { _ = try names(path) }
                }
                try view.guarded("change", within: 60) {
                    for number in 0..<4 {
                        try TestLibrary.file("\(path)/new \(number)", [2])
                        try Calls.unlink("\(path)/file \(number)")
                        try Calls.rename(
                            "\(path)/file \(number + 20)", to: "\(path)/moved \(number)")
                    }
                }
                listing.stop()
                try listing.join()
            }
            for isRemounted in [false, true] {
                if isRemounted { try view.restart() }
                for round in 0..<rounds {
                    let found = try view.guarded("list") {
                        try names("\(view.path)/folder \(round)")
                    }
                    let truth = try names("\(share)/folder \(round)")
                    #expect(Set(found) == Set(truth), "\(round), remounted: \(isRemounted)")
                    #expect(found.count == truth.count)
                }
            }
            try view.stop()
        }
    }
}
