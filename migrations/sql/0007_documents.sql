-- A document may be a conversation: its messages stand in body as JSON. The texts that are there stay as they are.
ALTER TABLE document_text ADD COLUMN form text NOT NULL DEFAULT 'text' CHECK (form IN ('text', 'chat'));

-- How much was drawn of every domain and source, where not all documents were taken.
ALTER TABLE domain_set_revision ADD COLUMN targets jsonb;
