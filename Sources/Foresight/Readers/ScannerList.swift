/// Programs that read everything: indexers, media scanners, backup. What they bring in is kept where there is room for it, and goes
/// first; they are read ahead for as anybody is.
public enum ScannerList {
    /// As the kernel names them: at most 15 bytes.
    public static let defaults: Set<String> = [
        "updatedb", "updatedb.mlocat", "updatedb.plocat", "updatedb.findut",
        "tracker-extract", "tracker-miner-f", "localsearch-3", "localsearch-ext",
        "baloo_file", "baloo_file_extr", "baloorunner", "recollindex", "mlocate",
        "minidlnad", "minissdpd", "rygel", "gerbera", "mediatomb",
        "Plex Media Scan", "Plex Media Fing", "Plex Tuner Serv",
        "clamscan", "clamdscan", "clamd", "freshclam", "rkhunter", "aide",
        "duplicity", "borg", "restic", "bup", "duperemove", "fdupes", "rmlint", "jdupes",
    ]
}
