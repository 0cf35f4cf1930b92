import Model
import Platform

/// What the options mean with which a share itself is mounted. Pure.
///
/// nfs(5), mount.cifs(8), sshfs(1) say what they do; the kernel shows in the mount table those that matter here, and
/// leaves most of those out that have their usual value.
enum ShareMountExamination {
    /// Reads in smaller pieces than this cost a round trip each too often.
    static let readBytesWanted = 128 << 10
    /// Attributes that the share's own mount keeps for longer delay what Larder can notice.
    static let attributeSecondsWanted = 60

    static func findings(_ facts: ViewFacts) -> [Finding] {
        guard let mount = facts.share.mount else { return [] }
        let options = Options(mount.options + mount.superOptions)
        let path = facts.share.path
        var findings: [Finding] = []
        switch mount.fileSystemType {
        case "nfs", "nfs4": findings = nfs(path, options, isReadOnly: facts.isReadOnly)
        case "cifs", "smb3", "smbfs": findings = smb(path, options)
        case "fuse.sshfs": findings = sshfs(path, facts.sshfsArguments)
        default: return []
        }
        if options.has("ro"), !facts.isReadOnly {
            findings.append(
                Finding(
                    .shareOptions, .note, path,
                    "the share is mounted read-only, so nothing in the view can be changed"))
        }
        if findings.isEmpty {
            findings.append(
                Finding(.shareOptions, .ok, path, "nothing in its mount options is in the way"))
        }
        return findings
    }

    private struct Options {
        private let words: [String]

        init(_ words: [String]) { self.words = words }

        func has(_ name: String) -> Bool { words.contains(name) }

        func number(_ name: String) -> Int? {
            let prefix = name + "="
            return words.last { $0.hasPrefix(prefix) }.flatMap { Int($0.dropFirst(prefix.count)) }
        }
    }

    private static func nfs(_ path: String, _ options: Options, isReadOnly: Bool) -> [Finding] {
        let finding = { (level: Finding.Level, says: String, advice: String?) in
            Finding(.shareOptions, level, path, says, advice: advice)
        }
        var found: [Finding] = []
        if options.has("soft"), !isReadOnly {
            found.append(
                finding(
                    .warning, "mounted `soft`: writes can be lost while the NAS is slow or away",
                    "mount the share `hard`, its default; Larder has deadlines of its own"))
        }
        if options.has("hard") {
            found.append(
                finding(
                    .note,
                    "mounted `hard`: while the NAS is away, its requests wait in the kernel;"
                        + " Larder stops waiting after timeout=",
                    nil))
        }
        found += attributes(
            path, options, off: "noac",
            longest: [options.number("acregmax"), options.number("acdirmax")].compactMap { $0 }
                .max())
        found += pieces(path, options.number("rsize"))
        return found
    }

    private static func smb(_ path: String, _ options: Options) -> [Finding] {
        var found = attributes(path, options, off: "", longest: options.number("actimeo"))
        if options.has("cache=none") {
            found.append(
                Finding(
                    .shareOptions, .note, path,
                    "mounted `cache=none`: small writes go over the network one by one",
                    advice: "leave cache= away (strict) unless other programs need it"))
        }
        return found + pieces(path, options.number("rsize"))
    }

    /// How long the share's own mount keeps attributes.
    private static func attributes(
        _ path: String, _ options: Options, off: String, longest: Int?
    ) -> [Finding] {
        if options.has(off) || longest == 0 {
            return [
                Finding(
                    .shareOptions, .note, path,
                    "its mount keeps no attributes (\(longest == 0 ? "actimeo=0" : off)): every look"
                        + " of Larder's asks the NAS",
                    advice: "leave it so for `consistency=strict`; else leave the option away")
            ]
        }
        guard let longest, longest > attributeSecondsWanted else { return [] }
        return [
            Finding(
                .shareOptions, .warning, path,
                "its mount keeps attributes for up to \(longest) s: changes made elsewhere are"
                    + " noticed only after that, whatever Larder is told",
                advice: "mount the share with a smaller actimeo=, such as 5")
        ]
    }

    private static func pieces(_ path: String, _ readBytes: Int?) -> [Finding] {
        guard let readBytes, readBytes < readBytesWanted else { return [] }
        return [
            Finding(
                .shareOptions, .warning, path,
                "it is read in pieces of \(ByteCount(Int64(readBytes))) (rsize=\(readBytes)), each of"
                    + " which costs a request",
                advice: "leave rsize= away, so that NAS and kernel agree on the largest")
        ]
    }

    private static func sshfs(_ path: String, _ arguments: [String]?) -> [Finding] {
        guard let arguments else {
            return [
                Finding(
                    .shareOptions, .note, path, "how sshfs was started is not to be seen",
                    advice: "it should have `-o reconnect,ServerAliveInterval=15`")
            ]
        }
        // As separate words, and behind -o with commas between them.
        let words = arguments.flatMap { $0.split(separator: ",") }.map { word in
            word.hasPrefix("-o") ? word.dropFirst(2) : word
        }
        var found: [Finding] = []
        if !words.contains("reconnect") {
            found.append(
                Finding(
                    .shareOptions, .warning, path,
                    "sshfs was started without `reconnect`: a lost connection stays lost",
                    advice: "mount the share with `-o reconnect,ServerAliveInterval=15`"))
        }
        if !words.contains(where: { $0.lowercased().hasPrefix("serveraliveinterval=") }) {
            found.append(
                Finding(
                    .shareOptions, .warning, path,
                    "sshfs was started without `ServerAliveInterval`: that a connection is lost is"
                        + " noticed late, and until then all that reads hangs",
                    advice: "mount the share with `-o reconnect,ServerAliveInterval=15`"))
        }
        // The second is how sshfs 2 called it.
        if let word = words.first(where: { $0 == "dir_cache=no" || $0 == "cache=no" }) {
            found.append(
                Finding(
                    .shareOptions, .note, path,
                    "sshfs was started with `\(word)`: every look at a name asks the NAS",
                    advice: "leave it away: folders are then walked three times as fast"))
        }
        return found
    }
}
