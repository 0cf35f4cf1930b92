import Control
import Glibc
import Model
import TestSupport
import Testing

extension IntegrationTests {
    /// The programs of which people speak when they say that they watch a film or look at photos, on a share
    /// that is far away.
    @Suite struct RealPlayersTests {
        private let area = Area.current
        private let truth: String

        init() throws {
            truth = try area.makeDirectory("truth")
        }

        private func run(_ program: String, _ arguments: [String], within seconds: Double = 120)
            throws -> CommandResult
        {
            let path = try #require(TestRun.program(program), "\(program) is not installed")
            return try area.run(path, arguments, within: seconds)
        }

        private func slowShare() throws -> RunningSlowShare {
            try RunningSlowShare(area, directory: truth, roundTrip: "5ms", bandwidth: "100MB/s")
        }

        /// Ten seconds in an MP4 with its index at the end, a Matroska file and a transport stream.
        private func makeVideos() throws -> [String] {
            let names = ["film.mp4", "film.mkv", "film.ts"]
            try Calls.makeDirectory("\(truth)/films")
            let first = "\(truth)/films/\(names[0])"
            let picture = "testsrc2=size=640x360:rate=25:duration=10,noise=alls=20:allf=t"
            let made = try run(
                "ffmpeg",
                [
                    "-v", "error", "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i",
                    "sine=frequency=440:duration=10", "-c:v", "mpeg2video", "-b:v", "12M",
                    "-c:a", "mp2", first,
                ])
            #expect(made.isSuccess, "\(made)")
            for name in names.dropFirst() {
                let copied = try run(
                    "ffmpeg", ["-v", "error", "-i", first, "-c", "copy", "\(truth)/films/\(name)"])
                #expect(copied.isSuccess, "\(copied)")
            }
            for name in names {
                try Calls.setModified("\(truth)/films/\(name)", seconds: TestLibrary.longAgo)
            }
            return names
        }

        /// As fast as it can be decoded.
        private static let untimed = ["--untimed", "--ao-null-untimed=yes"]

        private func play(_ path: String, from start: String, seconds: Int, _ more: [String] = [])
            throws -> CommandResult
        {
            try run(
                "mpv",
                [
                    "--no-config", "--vo=null", "--ao=null", "--msg-level=all=warn",
                    "--start=\(start)", "--length=\(seconds)",
                ] + more + [path])
        }

        @Test(.needs("mpv", "ffmpeg")) func mpvPlaysAndSeeks() throws {
            let names = try makeVideos()
            let share = try slowShare()
            let view = try RunningView(area, share: share.path)
            for name in names {
                let path = "\(view.path)/films/\(name)"
                let played = try play(path, from: "0", seconds: 3)
                #expect(played.isSuccess && played.errors == "", "\(played)")
                for start in ["7", "50%", "1", "-2"] {
                    let sought = try play(path, from: start, seconds: 3, Self.untimed)
                    #expect(sought.isSuccess && sought.errors == "", "from \(start): \(sought)")
                }
                let uncached = try play(path, from: "4", seconds: 3, Self.untimed + ["--cache=no"])
                #expect(uncached.isSuccess && uncached.errors == "", "\(uncached)")
            }
            #expect(try view.differences(from: truth) == [])
            try view.stop()
        }

        /// What was watched once can be watched again when the NAS is off, and the next evening too.
        @Test(.needs("mpv", "ffmpeg")) func whatWasWatchedPlaysWithoutTheShare() throws {
            let names = try makeVideos()
            let share = try slowShare()
            let view = try RunningView(area, share: share.path)
            // As a file manager goes there, from the top.
            let listed = try view.guarded("list") {
                try [view.path, "\(view.path)/films"].map { try Calls.names($0).count }
            }
            #expect(listed == [1, names.count])
            for name in names {
                let path = "\(view.path)/films/\(name)"
                let decoded = try run("ffmpeg", ["-v", "error", "-i", path, "-f", "null", "-"])
                #expect(decoded.isSuccess && decoded.errors == "", "\(decoded)")
                let played = try play(path, from: "0", seconds: 10, Self.untimed)
                #expect(played.isSuccess && played.errors == "", "\(played)")
            }
            try view.waitForDisk()
            for round in ["at once", "after a restart"] {
                if round == "after a restart" {
                    try share.control("online")
                    try view.restart()
                }
                try share.control("offline")
                for name in names {
                    let path = "\(view.path)/films/\(name)"
                    let again = try play(path, from: "0", seconds: 10, Self.untimed)
                    #expect(again.isSuccess && again.errors == "", "\(round): \(again)")
                    let sought = try play(path, from: "5", seconds: 3, Self.untimed)
                    #expect(sought.isSuccess && sought.errors == "", "\(round): \(sought)")
                }
            }
            try share.control("online")
            try view.stop()
        }

        /// Every frame is the one of the file, whichever container and wherever it starts.
        @Test(.needs("ffmpeg")) func ffmpegDecodesTheSameFrames() throws {
            let names = try makeVideos()
            let share = try slowShare()
            let view = try RunningView(area, share: share.path)
            for name in names {
                for start in [[], ["-ss", "6"], ["-ss", "2"]] {
                    let frames = try [truth, view.path].map { directory in
                        try run(
                            "ffmpeg",
                            ["-v", "error"] + start + [
                                "-i", "\(directory)/films/\(name)", "-f", "framemd5", "-",
                            ])
                    }
                    let isSame = frames[0].output == frames[1].output
                    #expect(
                        isSame && frames[1].isSuccess && frames[1].errors == "",
                        "\(name) \(start): \(frames[1].errors)")
                }
            }
            try view.stop()
        }

        /// A file manager opens a folder of photos: a program per photo, in the order of the listing.
        @Test(.needs("convert")) func aThumbnailerSeesTheSamePictures() throws {
            let count = 30
            try Calls.makeDirectory("\(truth)/photos")
            let made = try run(
                "convert",
                [
                    "-seed", "5", "-size", "900x600", "plasma:", "-duplicate", "\(count - 1)",
                    "-attenuate", "0.4", "+noise", "Gaussian", "-quality", "92",
                    "\(truth)/photos/IMG_%04d.JPG",
                ])
            #expect(made.isSuccess, "\(made)")
            for number in 0..<count {
                let digits = String("000\(number)".suffix(4))
                try Calls.setModified(
                    "\(truth)/photos/IMG_\(digits).JPG", seconds: TestLibrary.longAgo)
            }
            let share = try slowShare()
            let view = try RunningView(area, share: share.path)
            let names = try view.guarded("list") { try Calls.names("\(view.path)/photos") }
                .map { String(decoding: $0, as: UTF8.self) }
            #expect(names.count == count)
            for name in names {
                // The signature of the thumbnail's pixels.
                let made = try [truth, view.path].map { directory in
                    try run(
                        "convert",
                        [
                            "\(directory)/photos/\(name)", "-thumbnail", "128x128", "-format", "%#",
                            "info:",
                        ])
                }
                #expect(made[1].isSuccess && made[1].output.count == 64, "\(made[1])")
                #expect(made[0].output == made[1].output, "\(name)")
            }
            try view.stop()
        }

        /// A copy of the share, compared with the view byte by byte.
        @Test(.needs("rsync", "ffmpeg")) func rsyncFindsNoDifference() throws {
            _ = try makeVideos()
            var generator = SplitMix(seed: 23)
            try TestLibrary.make(truth, using: &generator)
            let share = try slowShare()
            let view = try RunningView(area, share: share.path)
            for round in ["cold", "warm"] {
                let result = try run(
                    "rsync",
                    [
                        "-rlptgoHc", "--dry-run", "--itemize-changes", "\(view.path)/",
                        "\(truth)/",
                    ])
                #expect(result.isSuccess && result.output == "", "\(round): \(result)")
            }
            try view.stop()
        }
    }
}
