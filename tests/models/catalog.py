"""What a database is made of, as its own catalogue tells."""

import asyncpg

# A column that was taken away and given back stands last in its table: by name, it is where it was.
COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated, a.attidentity,
           pg_get_expr(d.adbin, d.adrelid), l.collname
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    LEFT JOIN pg_collation l ON l.oid = a.attcollation
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
    ORDER BY c.relname, a.attname
"""
CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n' ORDER BY 1, 2
"""
INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
STATISTICS = """
    SELECT attrelid::regclass::text, attname, attstattarget FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid AND c.relnamespace = 'public'::regnamespace
    WHERE attstattarget >= 0 ORDER BY 1, 2
"""
SEQUENCES = "SELECT sequencename, start_value, increment_by FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1"
TRIGGERS = """
    SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2
"""
FUNCTIONS = """
    SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid) FROM pg_proc p
    LEFT JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e'
    WHERE p.pronamespace = 'public'::regnamespace AND d.objid IS NULL ORDER BY 1
"""
EXTENSIONS = "SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1"

DECLARED = (COLUMNS, CONSTRAINTS, INDEXES, SEQUENCES)
"""What models can say; functions and triggers stand in migrations alone."""

EVERYTHING = (*DECLARED, STATISTICS, TRIGGERS, FUNCTIONS, EXTENSIONS)

Facts = list[tuple[object, ...]]


async def facts(dsn: str, *questions: str) -> list[Facts]:
    """Answer the questions, leaving out the table of versions."""
    connection = await asyncpg.connect(dsn)
    try:
        answers = [[tuple(row) for row in await connection.fetch(question)] for question in questions]
    finally:
        await connection.close()
    return [[fact for fact in answer if "alembic_version" not in str(fact)] for answer in answers]
