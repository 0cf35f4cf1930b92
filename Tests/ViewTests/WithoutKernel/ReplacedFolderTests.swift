import Model
import Platform
import Share
import TestSupport
import Testing

@testable import View

/// Another machine moves a folder away, and gives its name to another one.
@Suite struct ReplacedFolderTests {
    private static let folder = RelativePath([Name("a"), Name("folder")])

    /// Inode numbers are the files' own, or say nothing, as of an sshfs.
    @Test(arguments: [true, false])
    func whatIsLookedIntoAllTheTimeIsTheNewOne(inodesLast: Bool) throws {
        let fixture = try ViewFixture(
            .eventual,
            nature: ShareNature(
                inodesLast: inodesLast, keepsFiles: inodesLast, decides: true, isLocal: inodesLast,
                hidesOpenFiles: false))
        let share = fixture.root
        try Calls.makeDirectory("\(share)/a")
        try Calls.makeDirectory("\(share)/a/folder")
        try TestLibrary.file("\(share)/a/folder/old", [1])
        #expect(try fixture.kernel.list(Self.folder) == [Name("old")])

        try Calls.rename("\(share)/a/folder", to: "\(share)/moved")
        try Calls.makeDirectory("\(share)/a/folder")
        try TestLibrary.file("\(share)/a/folder/new", [2])
        // What is asked behind the looker's back takes time of this machine.
        try waitUntil("the new one is shown", within: 20) {
            try fixture.pass(.seconds(1))
            // Who works in it has the share asked all the time.
            try? fixture.kernel.save(Self.folder.appending(Name("made")), [3])
            let seen = try? fixture.kernel.list(Self.folder)
            try? fixture.kernel.unlink(Self.folder.appending(Name("made")))
            return seen?.contains(Name("new")) == true && seen?.contains(Name("old")) == false
        }
        #expect(try fixture.kernel.read(Self.folder.appending(Name("new"))) == [2])

        // And what is made there is made in it.
        try fixture.kernel.save(Self.folder.appending(Name("made")), [3])
        #expect(try Calls.contents("\(share)/a/folder/made") == [3])
    }
}
