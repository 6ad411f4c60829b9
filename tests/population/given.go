package population

import "strings"

// Given names by generation (born before 1960, up to 1984, later) and sex, the most frequent first,
// as registers of births of the British Isles and of those who moved there have them.
var givenNames = [3][2][]string{
	{
		strings.Fields(`Margaret Mary Patricia Jean Dorothy Joan Sheila Barbara Maureen Elizabeth Joyce Doreen Shirley Ann
			Christine Brenda Pauline Sylvia Janet Kathleen June Audrey Eileen Irene Marjorie Beryl Hilda Edna Betty Vera
			Iris Muriel Phyllis Gladys Elsie Winifred Freda Norma Rita Josephine Judith Rosemary Valerie Marion Pamela
			Gillian Sandra Carol Susan Linda Lesley Heather Hazel Marian Olive Ivy Violet Bridget Agnes Rhoda Nora Mavis
			Thelma Constance Enid Gwendoline Megan Morag Isobel Surjit Harbans Fatima Ingrid Giovanna Halina`),
		strings.Fields(`John William David Peter Michael Robert James Brian Kenneth Ronald Derek George Thomas Alan Dennis
			Raymond Donald Roy Eric Frank Arthur Albert Charles Anthony Edward Frederick Joseph Stanley Leonard Norman
			Gordon Douglas Geoffrey Harold Walter Reginald Ernest Bernard Cyril Sidney Keith Colin Roger Malcolm Trevor
			Graham Terence Barry Clive Gerald Leslie Maurice Clifford Victor Hubert Percy Cecil Hugh Alastair Duncan
			Angus Dilwyn Emlyn Gwyn Patrick Francis Mohammed Gurdev Stanislaw Jozef Antonio Heinz`),
	},
	{
		strings.Fields(`Susan Julie Karen Jacqueline Deborah Tracey Jane Helen Diane Sharon Sarah Alison Caroline Amanda
			Elizabeth Catherine Angela Nicola Joanne Michelle Claire Lisa Samantha Rachel Louise Emma Rebecca Victoria
			Kelly Donna Dawn Paula Lorraine Wendy Beverley Janice Debra Andrea Anne Fiona Ruth Maria Teresa Lynn Gail
			Melanie Sally Tina Zoë Natalie Katherine Jennifer Anna Philippa Kirsty Siân Rhian Mairi Sinéad Niamh Aisha
			Parveen Shabana Sunita Meena Rekha Kiran Yasmin Farzana Grace Abena Monique Renée Beata Agnieszka`),
		strings.Fields(`David Paul Andrew Stephen Mark Michael Ian Gary Robert Richard Peter John Anthony Christopher
			Darren Kevin Martin Simon Philip Graham Colin Nigel Neil Steven Jonathan Timothy Matthew Daniel James Jason
			Lee Stuart Craig Wayne Adrian Nicholas Dean Carl Robin Julian Gareth Huw Rhys Alistair Ewan Gavin Sean Declan
			Patrick Edward William Thomas Benjamin Adam Scott Shaun Duncan Justin Glenn Russell Imran Asif Tariq Sanjay
			Rajesh Amit Sunil Mohammed Kwame Winston Delroy Piotr Tomasz Marek François José`),
	},
	{
		strings.Fields(`Emily Jessica Charlotte Sophie Lauren Chloe Olivia Hannah Amy Megan Bethany Georgia Ella Lucy
			Katie Emma Rebecca Abigail Molly Holly Eleanor Amelia Grace Isabella Mia Ellie Ruby Lily Poppy Freya Isla Evie
			Daisy Phoebe Alice Jasmine Paige Jade Natasha Alexandra Victoria Zara Imogen Matilda Rosie Florence Erin
			Caitlin Niamh Aoife Siobhán Cerys Ffion Seren Ailsa Skye Aaliyah Maryam Fatima Zainab Khadija Priya Anjali
			Simran Adaeze Chidinma Zuzanna Oliwia Maja Nadia Leila Elif Mei Chloé`),
		strings.Fields(`Jack Thomas James Joshua Daniel Harry Samuel Joseph Matthew Callum Luke Jordan Connor Liam Ryan
			Benjamin William Alexander George Oliver Charlie Jacob Lewis Nathan Adam Ethan Noah Alfie Archie Leo Oscar
			Henry Max Isaac Dylan Logan Mason Toby Finlay Theo Arthur Freddie Edward Louis Kieran Bradley Jake Aaron Kyle
			Reece Cameron Fraser Hamish Angus Euan Owen Rhys Evan Iwan Macsen Cillian Oisín Muhammad Yusuf Ibrahim
			Hamza Bilal Arjun Rohan Dev Kofi Tobi Jakub Kacper Mateusz Emre Wei Zoltán`),
	},
}

// nicknames are usual short forms.
var nicknames = table(`
	Margaret: Maggie Peggy Meg; Patricia: Pat Trish; Dorothy: Dot Dolly; Elizabeth: Liz Beth Betty Lizzie; Barbara: Barb Babs
	Christine: Chris Tina; Kathleen: Kath Kathy; Susan: Sue Susie; Pamela: Pam; Gillian: Gill; Judith: Judy; Valerie: Val
	Josephine: Jo Josie; Winifred: Win Winnie; Deborah: Deb Debbie; Jacqueline: Jackie; Amanda: Mandy; Caroline: Caz Carrie
	Catherine: Cath Cathy Kate; Katherine: Kate Kathy Katie; Nicola: Nicky Nic; Joanne: Jo; Samantha: Sam; Rebecca: Becky Becca
	Victoria: Vicky Tori; Jennifer: Jen Jenny; Philippa: Pippa; Natalie: Nat; Melanie: Mel; Teresa: Terry Tess; Beverley: Bev
	Jessica: Jess; Charlotte: Lottie Charlie; Sophie: Soph; Olivia: Liv Livvy; Abigail: Abby; Eleanor: Ellie Nell; Amelia: Millie
	Isabella: Bella Izzy; Alexandra: Alex Sandra; Natasha: Tash; Georgia: Georgie; Bethany: Beth; Matilda: Tilly; Florence: Flo
	John: Jack Johnny; William: Bill Will Billy; David: Dave Davy; Peter: Pete; Michael: Mike Mick; Robert: Bob Rob Bobby
	James: Jim Jimmy Jamie; Kenneth: Ken; Ronald: Ron Ronnie; Derek: Del; Thomas: Tom Tommy; Raymond: Ray; Donald: Don
	Arthur: Art; Albert: Bert Al; Charles: Charlie Chas; Anthony: Tony Ant; Edward: Ted Ed Eddie; Frederick: Fred Freddie
	Joseph: Joe; Stanley: Stan; Leonard: Len Lenny; Geoffrey: Geoff; Harold: Harry; Walter: Wally Walt; Reginald: Reg
	Terence: Terry; Gerald: Gerry; Leslie: Les; Clifford: Cliff; Victor: Vic; Francis: Frank; Patrick: Pat Paddy
	Andrew: Andy Drew; Stephen: Steve; Steven: Steve; Richard: Rick Dick Rich; Christopher: Chris Kit; Philip: Phil
	Timothy: Tim; Matthew: Matt; Daniel: Dan Danny; Nicholas: Nick; Jonathan: Jon; Benjamin: Ben; Gareth: Gaz; Alistair: Ali
	Joshua: Josh; Samuel: Sam Sammy; Alexander: Alex Sandy; Oliver: Ollie; Jacob: Jake; Cameron: Cam; Nathan: Nat; Bradley: Brad
	Zachary: Zac; Muhammad: Mo; Mohammed: Mo; Ibrahim: Ib; Rajesh: Raj; Sanjay: San; Stanislaw: Stan; Jozef: Joe; Antonio: Toni`)

// table reads "name: word word; name: word" by lines and semicolons.
func table(text string) map[string][]string {
	out := map[string][]string{}
	for entry := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ';' || r == '\n' }) {
		if name, words, ok := strings.Cut(strings.TrimSpace(entry), ": "); ok {
			out[name] = strings.Fields(words)
		}
	}
	return out
}
